package org.djwar.runtime;

/**
 * What an engine gets: the exchange, and its body already taken from the client, so that a slow client never holds a worker.
 *
 * @param exchange the request and the response
 * @param client who asks, through trusted proxies
 * @param body the whole body
 */
public record Request(Exchange exchange, Client client, Body body) {}
