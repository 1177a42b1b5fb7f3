package org.djwar.runtime;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The small pages that djwar itself answers with, when the project can't. */
public final class ErrorPage {
    private ErrorPage() {}

    /** Answers with a status, when the head is not on its way yet; {@code retryAfter} 0: no such header. */
    public static void send(Exchange exchange, int status, String title, String text, String traceback, int retryAfter)
            throws IOException {
        byte[] page = begin(exchange, status, title, text, traceback, retryAfter);
        exchange.contentLength(page.length);
        end(exchange, page);
    }

    /** Answers in place of a head which the container has refused. */
    static void replace(Exchange exchange, int status, String title, String text) throws IOException {
        // Without a length: Tomcat has laid out the body of the refused response, which had none.
        end(exchange, begin(exchange, status, title, text, "", 0));
    }

    private static byte[] begin(Exchange exchange, int status, String title, String text, String traceback, int retryAfter)
            throws IOException {
        if (exchange.isCommitted()) {
            throw new TruncatedResponse(title);
        }
        exchange.reset();
        exchange.status(status);
        exchange.addHeader("Content-Type", "text/html; charset=utf-8");
        exchange.addHeader("Cache-Control", "no-store");
        if (retryAfter > 0) {
            exchange.addHeader("Retry-After", Integer.toString(retryAfter));
        }
        return page(status, title, text, traceback).getBytes(StandardCharsets.UTF_8);
    }

    private static void end(Exchange exchange, byte[] page) throws IOException {
        if (!exchange.method().equals("HEAD")) {
            exchange.output().write(page);
        }
    }

    /** As above, with neither traceback nor Retry-After. */
    public static void send(Exchange exchange, int status, String title, String text) throws IOException {
        send(exchange, status, title, text, "", 0);
    }

    private static String page(int status, String title, String text, String traceback) {
        StringBuilder page = new StringBuilder("<!doctype html>\n<html lang=\"en\"><head><title>")
                .append(status).append(' ').append(escape(title)).append("</title></head>\n<body><h1>")
                .append(escape(title)).append("</h1>\n<p>").append(escape(text)).append("</p>\n");
        if (!traceback.isEmpty()) {
            page.append("<pre>").append(escape(traceback)).append("</pre>\n");
        }
        return page.append("</body></html>\n").toString();
    }

    private static String escape(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }
}
