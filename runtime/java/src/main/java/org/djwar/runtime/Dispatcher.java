package org.djwar.runtime;

import java.io.IOException;
import java.util.List;

/** Takes a request from an adapter to the engine: refuses, spools the body, and lets the engine answer. */
public final class Dispatcher {
    private final Engine engine;
    private final Spool spool;
    private final TrustedProxies proxies;
    private final String[] staticPrefixes;

    /** Serves through {@code engine}; the container serves {@code staticPrefixes} itself. */
    public Dispatcher(Engine engine, Spool spool, TrustedProxies proxies, List<String> staticPrefixes) {
        this.engine = engine;
        this.spool = spool;
        this.proxies = proxies;
        this.staticPrefixes = staticPrefixes.stream().map(Dispatcher::prefix).toArray(String[]::new);
    }

    /** Whether the container's own file servlet should answer. */
    public boolean isStatic(Exchange exchange) {
        if (staticPrefixes.length == 0 || !exchange.method().equals("GET") && !exchange.method().equals("HEAD")) {
            return false;
        }
        String path = exchange.containerPath();
        for (String prefix : staticPrefixes) {
            if (path.startsWith(prefix)) {
                return !RequestPath.isForbidden(path);
            }
        }
        return false;
    }

    /** Answers a request. */
    public void handle(Exchange exchange) throws IOException {
        if (isForbidden(exchange)) {
            ErrorPage.send(exchange, 404, "Not found", "There is no such page.");
            return;
        }
        Body body;
        try {
            body = spool.take(exchange);
        } catch (Spool.TooLarge e) {
            ErrorPage.send(exchange, 413, "Too large", "The request's body is larger than this site takes.");
            return;
        }
        try (body) {
            engine.handle(new Request(exchange, proxies.client(exchange), body));
        }
    }

    /** The engine that answers. */
    public Engine engine() {
        return engine;
    }

    private static boolean isForbidden(Exchange exchange) {
        return exchange.requestUri().indexOf('-') >= 0 || exchange.requestUri().indexOf('%') >= 0
                ? RequestPath.isForbidden(RequestPath.pathInfo(exchange)) || RequestPath.isForbidden(exchange.containerPath())
                : false;
    }

    private static String prefix(String text) {
        String path = text.startsWith("/") ? text : "/" + text;
        return path.endsWith("/") ? path : path + "/";
    }
}
