package org.djwar.runtime.jakarta;

import jakarta.servlet.ServletContext;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.File;
import java.util.Collections;
import java.util.Enumeration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A request for a static file, some of whose headers are kept from the container's file servlet.
 *
 * <p>{@code Range} of a HEAD: it is defined for GET alone (RFC 9110 14.2), and containers answer 206 with a part's length.
 *
 * <p>{@code If-Modified-Since}: the times of a WAR's files are made from their content: a newer file may have an older time. Containers take any time that is
 * not older for "not modified" (RFC 9110 13.1.3 allows no more), and would answer 304 to who holds the file of the previous
 * deployment. Only the very time that was sent means the same file. Requests with {@code If-None-Match} need nothing: it has
 * precedence (RFC 9110 13.2.2), and entity tags are compared for equality.
 */
final class StaticRequest extends HttpServletRequestWrapper {
    private static final String CONDITION = "If-Modified-Since";
    private static final String RANGE = "Range";

    /** In lower case. */
    private final Set<String> hidden;

    private StaticRequest(HttpServletRequest request, Set<String> hidden) {
        super(request);
        this.hidden = hidden;
    }

    /** The request itself, or without a condition that would hide a changed file. Wrapped, it costs Tomcat's sendfile. */
    static HttpServletRequest of(HttpServletRequest request, String path, ServletContext context) {
        Set<String> hidden = new HashSet<>();
        if (request.getMethod().equals("HEAD") && request.getHeader(RANGE) != null) {
            hidden.add(RANGE.toLowerCase(Locale.ROOT));
        }
        if (request.getHeader(CONDITION) != null && request.getHeader("If-None-Match") == null
                && asks(request) != modified(path, context)) {
            hidden.add(CONDITION.toLowerCase(Locale.ROOT));
        }
        return hidden.isEmpty() ? request : new StaticRequest(request, hidden);
    }

    private boolean isHidden(String name) {
        return hidden.contains(name.toLowerCase(Locale.ROOT));
    }

    private static long asks(HttpServletRequest request) {
        try {
            return request.getDateHeader(CONDITION) / 1000;
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
        return isHidden(name) ? -1 : super.getDateHeader(name);
    }

    @Override
    public String getHeader(String name) {
        return isHidden(name) ? null : super.getHeader(name);
    }

    @Override
    public Enumeration<String> getHeaders(String name) {
        return isHidden(name) ? Collections.emptyEnumeration() : super.getHeaders(name);
    }

    @Override
    public Enumeration<String> getHeaderNames() {
        List<String> names = Collections.list(super.getHeaderNames());
        names.removeIf(this::isHidden);
        return Collections.enumeration(names);
    }
}
