package org.djwar.runtime;

/**
 * What an engine gets: the exchange, and its body already taken from the client, so that a slow client never holds a worker.
 *
 * @param exchange the request and the response
 * @param client who asks, through trusted proxies
 * @param body the whole body
 * @param timing where the engine notes its times, or null
 */
public record Request(Exchange exchange, Client client, Body body, Timing timing) {
    /** Without an access log. */
    public Request(Exchange exchange, Client client, Body body) {
        this(exchange, client, body, null);
    }
}
