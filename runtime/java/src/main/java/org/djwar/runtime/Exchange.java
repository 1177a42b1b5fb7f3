package org.djwar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * One request and its response, free of servlet types, so that everything behind the adapters is the same code for javax and
 * jakarta.
 */
public interface Exchange {
    /** The method as the client sent it. */
    String method();

    /** The raw path of the request line, not decoded, without the query. */
    String requestUri();

    /** What {@link #requestUri()} starts with: context path, plus a servlet's own prefix; not decoded. */
    String mountPath();

    /** Servlet path and path info together, decoded and normalised by the container. Below the mount path. */
    String containerPath();

    /** The raw query, or null. */
    String query();

    /** Such as {@code HTTP/1.1}. */
    String protocol();

    /** {@code http} or {@code https}. */
    String scheme();

    /** The status that was set, or 0 when that is not known. */
    default int answered() {
        return 0;
    }

    /** The host that the client asked for. */
    String serverName();

    /** The port that the client asked for. */
    int serverPort();

    /** The peer's address. */
    String remoteAddress();

    /** The peer's name, or its address. */
    String remoteHost();

    /** The peer's port. */
    int remotePort();

    /** Whom the container authenticated, or null. */
    String remoteUser();

    /** How the container authenticated, or null. */
    String authType();

    /** The body's length, or -1. */
    long contentLength();

    /** The first value of a header, or null. */
    String header(String name);

    /** Shows every header value, repeated ones one after the other. */
    void headers(HeaderVisitor visitor);

    /** The body. */
    InputStream body() throws IOException;

    /** Sets the status; never the container's error page. */
    void status(int status);

    /** Adds a header; a repeated name stays repeated. */
    void addHeader(String name, String value);

    /** Sets the length of the response. */
    void contentLength(long length);

    /** The response's body, as bytes: a writer would mangle binary content and the charset. */
    OutputStream output() throws IOException;

    /** Whether the response's head is on its way. */
    boolean isCommitted();

    /** Forgets what has been set, while not committed. */
    void reset();

    /** Keeps a failure that the container has noted by itself from the page that it will show: a stack trace is nobody's business. */
    void forgetFailure();

    /** Takes header values. */
    @FunctionalInterface
    interface HeaderVisitor {
        /** One value. */
        void header(String name, String value);
    }
}
