package org.djwar.runtime;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Builds the WSGI environ of a request (PEP 3333, RFC 3875): strings only, one character a byte. */
public final class Environ {
    /** Header names as CGI spells them, for the few dozen that a site sees; bounded, because clients invent names. */
    private static final int REMEMBERED = 256;

    private final Map<String, String> names = new ConcurrentHashMap<>();
    private final TrustedProxies proxies;

    /** Takes strings of the environ. */
    public interface Sink {
        /** One entry; a value may hold characters over 0xFF, which then stand for their UTF-8 bytes. */
        void put(String key, String value);
    }

    /** Builds environs for an application behind these proxies. */
    public Environ(TrustedProxies proxies) {
        this.proxies = proxies;
    }

    /** Writes every entry of a request's environ. */
    public void write(Request request, Sink sink) {
        Exchange exchange = request.exchange();
        Client client = request.client();
        sink.put("REQUEST_METHOD", exchange.method());
        sink.put("SCRIPT_NAME", RequestPath.scriptName(exchange));
        sink.put("PATH_INFO", RequestPath.pathInfo(exchange));
        String query = exchange.query();
        sink.put("QUERY_STRING", query == null ? "" : query);
        sink.put("SERVER_NAME", client.serverName());
        sink.put("SERVER_PORT", Integer.toString(client.serverPort()));
        sink.put("SERVER_PROTOCOL", exchange.protocol());
        sink.put("REMOTE_ADDR", client.address());
        sink.put("wsgi.url_scheme", client.scheme());
        if (client.scheme().equals("https")) {
            sink.put("HTTPS", "on");
        }
        if (client.address().equals(exchange.remoteAddress())) {
            sink.put("REMOTE_PORT", Integer.toString(exchange.remotePort()));
            String host = exchange.remoteHost();
            // RFC 3875 §4.1.9: a name, where there is one.
            if (host != null && !host.equals(client.address())) {
                sink.put("REMOTE_HOST", host);
            }
        }
        optional(sink, "REMOTE_USER", exchange.remoteUser());
        optional(sink, "AUTH_TYPE", exchange.authType());
        boolean hasLength = request.body().length() > 0 || exchange.contentLength() >= 0;
        if (hasLength) {
            sink.put("CONTENT_LENGTH", Long.toString(request.body().length()));
        }
        boolean isForwarderKnown = proxies.isEmpty() || proxies.isTrusted(exchange.remoteAddress());
        Headers headers = new Headers(sink, isForwarderKnown, client.host());
        exchange.headers(headers);
        headers.flush();
    }

    private static void optional(Sink sink, String key, String value) {
        if (value != null) {
            sink.put(key, value);
        }
    }

    /** The CGI name, or an empty text when the header must not reach the application. */
    private String key(String name) {
        String known = names.get(name);
        if (known != null) {
            return known;
        }
        String key = spell(name);
        if (names.size() < REMEMBERED) {
            names.put(name, key);
        }
        return key;
    }

    static String spell(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        switch (upper) {
            case "CONTENT-TYPE":
                return "CONTENT_TYPE";
            // The body has been taken whole: its true length is CONTENT_LENGTH, whatever the transfer was.
            case "CONTENT-LENGTH", "TRANSFER-ENCODING", "TRAILER":
            // HTTP_PROXY is a configuration variable of many libraries (httpoxy).
            case "PROXY":
                return "";
            default:
                // `X_Real_Ip` would come out as `X-Real-Ip`: a way past proxies that set the latter.
                return upper.indexOf('_') >= 0 ? "" : "HTTP_" + upper.replace('-', '_');
        }
    }

    /** Joins repeated headers (RFC 9110 §5.3; cookies: RFC 6265 §4.2.1), which containers show one after the other. */
    private final class Headers implements Exchange.HeaderVisitor {
        private final Sink sink;
        private final boolean isForwarderKnown;
        private final String host;
        private String lastKey = "";
        private String lastValue = "";

        Headers(Sink sink, boolean isForwarderKnown, String host) {
            this.sink = sink;
            this.isForwarderKnown = isForwarderKnown;
            this.host = host;
        }

        @Override
        public void header(String name, String value) {
            String key = key(name);
            if (key.isEmpty() || value == null) {
                return;
            }
            if (!isForwarderKnown && (key.startsWith("HTTP_X_FORWARDED_") || key.equals("HTTP_FORWARDED"))) {
                return;
            }
            if (!key.equals(lastKey)) {
                flush();
                lastKey = key;
                lastValue = host != null && key.equals("HTTP_HOST") ? host : value;
            } else if (!key.equals("HTTP_HOST") && !key.equals("CONTENT_TYPE")) {
                lastValue = lastValue + (key.equals("HTTP_COOKIE") ? "; " : ",") + value;
            }
        }

        void flush() {
            if (!lastKey.isEmpty()) {
                sink.put(lastKey, lastValue);
            }
            lastKey = "";
        }
    }
}
