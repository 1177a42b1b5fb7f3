package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.File;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;

/**
 * A request for a static file whose {@code If-Modified-Since} is kept from the container's file servlet.
 *
 * <p>The times of a WAR's files are made from their content: a newer file may have an older time. Containers take any time that is
 * not older for "not modified" (RFC 9110 13.1.3 allows no more), and would answer 304 to who holds the file of the previous
 * deployment. Only the very time that was sent means the same file. Requests with {@code If-None-Match} need nothing: it has
 * precedence (RFC 9110 13.2.2), and entity tags are compared for equality.
 */
final class StaticRequest extends HttpServletRequestWrapper {
    private static final String HEADER = "If-Modified-Since";

    private StaticRequest(HttpServletRequest request) {
        super(request);
    }

    /** The request itself, or without its condition where that would hide a changed file. Wrapped, it costs Tomcat's sendfile. */
    static HttpServletRequest of(HttpServletRequest request, String path, ServletContext context) {
        if (request.getHeader(HEADER) == null || request.getHeader("If-None-Match") != null) {
            return request;
        }
        return asks(request) == modified(path, context) ? request : new StaticRequest(request);
    }

    private static long asks(HttpServletRequest request) {
        try {
            return request.getDateHeader(HEADER) / 1000;
        } catch (IllegalArgumentException e) {
            return -1;
        }
    }

    /** In seconds, as HTTP has it; -2 where the file has no path of its own (a WAR that is not unpacked). */
    private static long modified(String path, ServletContext context) {
        String file = context.getRealPath(path);
        return file == null ? -2 : new File(file).lastModified() / 1000;
    }

    @Override
    public long getDateHeader(String name) {
        return HEADER.equalsIgnoreCase(name) ? -1 : super.getDateHeader(name);
    }

    @Override
    public String getHeader(String name) {
        return HEADER.equalsIgnoreCase(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return HEADER.equalsIgnoreCase(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        List<String> names = Collections.list(super.getHeaderNames());
        names.removeIf(HEADER::equalsIgnoreCase);
        return Collections.enumeration(names);
    }
}
