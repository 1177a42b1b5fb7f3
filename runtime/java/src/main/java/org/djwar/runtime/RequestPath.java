package org.djwar.runtime;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Paths as WSGI wants them: the bytes of the request line, percent-decoded once, as latin-1 text (PEP 3333, "Unicode Issues").
 * The container's own decoded path will not do: it has decoded as UTF-8, and lost bytes that are none.
 */
public final class RequestPath {
    private RequestPath() {}

    /** SCRIPT_NAME: where the application is mounted; empty at the root. */
    public static String scriptName(Exchange exchange) {
        return decode(exchange.mountPath());
    }

    /** PATH_INFO: the rest of the path, always starting with a slash. */
    public static String pathInfo(Exchange exchange) {
        String uri = exchange.requestUri();
        String mount = exchange.mountPath();
        if (!uri.startsWith(mount)) {
            // The container matched the context under another spelling (`/c%74x`): take its own reading, as bytes again.
            return latin1(exchange.containerPath());
        }
        String path = decode(mount.isEmpty() ? uri : uri.substring(mount.length()));
        if (path.isEmpty() || path.charAt(0) != '/') {
            return "/";
        }
        return path;
    }

    /**
     * Where an application is mounted that has a prefix of the context to itself, such as {@code /app} for {@code /app/*}: context
     * path and prefix as the request line spells them, for the container gives the prefix decoded (Servlet §3.5).
     */
    public static String mount(String uri, String contextPath, String prefix) {
        if (prefix.isEmpty()) {
            return contextPath;
        }
        if (uri.startsWith(contextPath)) {
            int end = contextPath.length();
            for (int i = prefix.indexOf('/'); i >= 0 && end >= 0 && end < uri.length(); i = prefix.indexOf('/', i + 1)) {
                end = uri.indexOf('/', end + 1) < 0 ? uri.length() : uri.indexOf('/', end + 1);
            }
            if (decode(uri.substring(contextPath.length(), end)).equals(latin1(prefix))) {
                return uri.substring(0, end);
            }
        }
        // `//app/./x`: the spelling is lost, and pathInfo() takes the container's reading.
        return contextPath + encode(prefix);
    }

    private static String encode(String text) {
        StringBuilder out = new StringBuilder();
        for (char c : latin1(text).toCharArray()) {
            boolean isPlain = c < 0x80 && (Character.isLetterOrDigit(c) || "/-._~".indexOf(c) >= 0);
            out.append(isPlain ? String.valueOf(c) : String.format("%%%02X", (int) c));
        }
        return out.toString();
    }

    /**
     * Whether a decoded path leads into {@code WEB-INF} or {@code META-INF} in any spelling (Servlet §10.5): some containers let
     * {@code /WEB-INF%2f} or {@code /WEB-INF;x/} reach filters.
     */
    public static boolean isForbidden(String path) {
        if (path.indexOf('-') < 0) {
            return false;
        }
        Deque<String> parts = new ArrayDeque<>();
        for (String part : path.replace('\\', '/').split("/")) {
            String name = part.indexOf(';') < 0 ? part : part.substring(0, part.indexOf(';'));
            if (name.equals("..")) {
                parts.pollLast();
            } else {
                // Windows ignores dots and blanks at the end of a name.
                String plain = name.replaceAll("[. ]+$", "");
                if (!plain.isEmpty()) {
                    parts.addLast(plain.toUpperCase(Locale.ROOT));
                }
            }
        }
        String first = parts.peekFirst();
        return "WEB-INF".equals(first) || "META-INF".equals(first);
    }

    /** Percent-decodes once and drops {@code ;parameters}, which belong to the container ({@code ;jsessionid=}). */
    static String decode(String raw) {
        int length = raw.length();
        int at = 0;
        while (at < length && raw.charAt(at) != '%' && raw.charAt(at) != ';' && raw.charAt(at) < 0x80) {
            at++;
        }
        if (at == length) {
            return raw;
        }
        StringBuilder out = new StringBuilder(length).append(raw, 0, at);
        while (at < length) {
            char c = raw.charAt(at);
            if (c == ';') {
                int slash = raw.indexOf('/', at);
                at = slash < 0 ? length : slash;
            } else if (c == '%' && at + 2 < length && isHex(raw.charAt(at + 1)) && isHex(raw.charAt(at + 2))) {
                out.append((char) (Character.digit(raw.charAt(at + 1), 16) << 4 | Character.digit(raw.charAt(at + 2), 16)));
                at += 3;
            } else {
                out.append(c > 0xFF ? latin1(String.valueOf(c)) : String.valueOf(c));
                at++;
            }
        }
        return out.toString();
    }

    /** Text as its UTF-8 bytes, one character a byte. */
    static String latin1(String text) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }

    private static boolean isHex(char c) {
        return c < 0x80 && Character.digit(c, 16) >= 0;
    }
}
