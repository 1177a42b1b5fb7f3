package org.djwar.runtime;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/** Takes a request from an adapter to the engine: refuses, spools the body, and lets the engine answer. */
public final class Dispatcher {
    /** {@code site.0123456789ab.css}, as Django's ManifestFilesMixin and WhiteNoise name files. */
    private static final Pattern HASHED_NAME = Pattern.compile("\\.[0-9a-f]{12}(\\.[^/]*)?$");

    private final Engine engine;
    private final Spool spool;
    private final TrustedProxies proxies;
    private final String[] staticPrefixes;
    private final Log log;

    /** Serves through {@code engine}; the container serves {@code staticPrefixes} itself. */
    public Dispatcher(Engine engine, Spool spool, TrustedProxies proxies, List<String> staticPrefixes, Log log) {
        this.engine = engine;
        this.spool = spool;
        this.proxies = proxies;
        this.log = log;
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

    /**
     * Tells caches what a static file's answer is good for, before the container's file servlet gives it. A WAR's files have old
     * times, made from their content (docs/concepts/reproducible.md), from which a cache would guess years of freshness (RFC 9111
     * 4.2.2): right for a name with the content's hash in it, wrong for all others, which it has to ask for again. Their ETag makes
     * that a 304. Hashed names get no {@code immutable}: it would stay on a 404 too, and a missing file is missing for one deployment.
     */
    public void cacheStatic(Exchange exchange) {
        if (!HASHED_NAME.matcher(exchange.containerPath()).find()) {
            exchange.addHeader("Cache-Control", "no-cache");
        }
    }

    /** Answers a request. */
    public void handle(Exchange exchange) throws IOException {
        handle(exchange, null);
    }

    /** Answers a request; {@code timing} may be null. */
    void handle(Exchange exchange, Timing timing) throws IOException {
        if (exchange.isCommitted()) {
            // By a filter before ours: nothing that the application said would be told.
            log.debug(name(exchange) + " has been answered already");
            return;
        }
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
        } catch (Spool.NoRoom e) {
            log.error("the body of " + name(exchange) + " can't be kept on disk (`djwar.work-dir`): " + e.getMessage(), null);
            ErrorPage.send(exchange, 507, "No room", "The server has no room for the request's body at the moment.");
            return;
        } catch (IOException | RuntimeException e) {
            if (e.getClass().getName().startsWith("java.lang.")) {
                throw e;
            }
            // Jetty's are RuntimeExceptions. It is the client that left, stalled, or broke the transfer coding: no error of the site's.
            log.debug("the body of " + name(exchange) + " did not arrive: " + e);
            refuseBody(exchange, e);
            return;
        }
        try (body) {
            engine.handle(new Request(exchange, proxies.client(exchange), body, timing));
        } catch (ResponseHead.TooLarge e) {
            log.error("the response to " + name(exchange) + " has " + e.size() + " bytes of headers, which this container does not send"
                    + " (Tomcat: `maxHttpResponseHeaderSize` of the connector; Jetty: `responseHeaderSize`): " + e.getCause(), null);
            ErrorPage.replace(exchange, 500, "Headers too large", "The response's headers are larger than this server may send.");
        }
    }

    private static String name(Exchange exchange) {
        return exchange.method() + " " + exchange.requestUri();
    }

    private static void refuseBody(Exchange exchange, Exception failure) throws IOException {
        if (exchange.isCommitted()) {
            // Tomcat answers broken chunks by itself, and lets nobody else do it.
            exchange.forgetFailure();
            return;
        }
        boolean isSlow = failure instanceof SocketTimeoutException || failure.getCause() instanceof TimeoutException;
        ErrorPage.send(exchange, isSlow ? 408 : 400, isSlow ? "Too slow" : "Bad request", "The request's body did not arrive.");
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
