package org.djwar.runtime;

/**
 * Who asks, and for which address: the peer itself, or what a trusted proxy says about it.
 *
 * @param address the client's address
 * @param scheme {@code http} or {@code https}
 * @param host the value of HTTP_HOST when a trusted proxy names one, else null
 * @param serverName the host that the client asked for
 * @param serverPort the port that the client asked for
 */
public record Client(String address, String scheme, String host, String serverName, int serverPort) {
    /** The peer as the container sees it. */
    public static Client direct(Exchange exchange) {
        return new Client(
                exchange.remoteAddress(), exchange.scheme(), null, exchange.serverName(), exchange.serverPort());
    }
}
