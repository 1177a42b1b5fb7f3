package org.djwar.runtime.jakarta;

import jakarta.servlet.RequestDispatcher;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Enumeration;
import org.djwar.runtime.Exchange;
import org.djwar.runtime.RequestPath;

/** An exchange over the servlet API. */
final class ServletExchange implements Exchange {
    /** Set for TLS connections (Servlet §3.10). */
    private static final String CIPHER_SUITE = ServletRequest.class.getPackageName() + ".request.cipher_suite";

    private final HttpServletRequest request;
    private final HttpServletResponse response;
    private final String prefix;
    private final String mountPath;

    /** {@code prefix}: the part below the context path which is the application's alone, decoded, or empty. */
    ServletExchange(HttpServletRequest request, HttpServletResponse response, String prefix) {
        this.request = request;
        this.response = response;
        this.prefix = prefix;
        this.mountPath = RequestPath.mount(request.getRequestURI(), request.getContextPath(), prefix);
    }

    @Override
    public String method() {
        return request.getMethod();
    }

    @Override
    public String requestUri() {
        return request.getRequestURI();
    }

    @Override
    public String mountPath() {
        return mountPath;
    }

    @Override
    public String containerPath() {
        // Together: Liberty gives a filter an empty servlet path and all of it as path info.
        String info = request.getPathInfo();
        String path = info == null ? request.getServletPath() : request.getServletPath() + info;
        return path.substring(prefix.length());
    }

    @Override
    public String query() {
        return request.getQueryString();
    }

    @Override
    public String protocol() {
        return request.getProtocol();
    }

    @Override
    public String scheme() {
        String scheme = request.getScheme();
        return scheme.equals("https") && isOnlySaid() ? "http" : scheme;
    }

    /**
     * Liberty believes anybody's {@code X-Forwarded-Proto} by default ({@code httpsIndicatorHeader} of its web container). Whose
     * to believe is said by {@code djwar.trusted-proxies}, as everywhere.
     */
    private boolean isOnlySaid() {
        return request.getHeader("X-Forwarded-Proto") != null
                && request.getAttribute(CIPHER_SUITE) == null
                && request.getServletContext().getServerInfo().contains("Liberty");
    }

    /**
     * Whether the request is for {@code /ctx}. Most containers redirect that to {@code /ctx/}, as relative links need it; Liberty
     * lets it through.
     */
    boolean isBareContext() {
        int length = request.getContextPath().length();
        return length > 0 && request.getRequestURI().length() == length
                && (request.getMethod().equals("GET") || request.getMethod().equals("HEAD"));
    }

    /** Sends the client to {@code /ctx/}. */
    void redirectToContext() {
        String query = request.getQueryString();
        response.setStatus(HttpServletResponse.SC_FOUND);
        response.setHeader("Location", request.getRequestURI() + "/" + (query == null ? "" : "?" + query));
    }

    @Override
    public String serverName() {
        return request.getServerName();
    }

    @Override
    public int serverPort() {
        return request.getServerPort();
    }

    @Override
    public String remoteAddress() {
        return request.getRemoteAddr();
    }

    @Override
    public String remoteHost() {
        return request.getRemoteHost();
    }

    @Override
    public int remotePort() {
        return request.getRemotePort();
    }

    @Override
    public String remoteUser() {
        return request.getRemoteUser();
    }

    @Override
    public String authType() {
        return request.getAuthType();
    }

    @Override
    public long contentLength() {
        return request.getContentLengthLong();
    }

    @Override
    public String header(String name) {
        return request.getHeader(name);
    }

    @Override
    public void headers(HeaderVisitor visitor) {
        Enumeration<String> names = request.getHeaderNames();
        while (names.hasMoreElements()) {
            String name = names.nextElement();
            Enumeration<String> values = request.getHeaders(name);
            while (values.hasMoreElements()) {
                visitor.header(name, values.nextElement());
            }
        }
    }

    @Override
    public InputStream body() throws IOException {
        return request.getInputStream();
    }

    @Override
    public void status(int status) {
        response.setStatus(status);
    }

    @Override
    public int answered() {
        return response.getStatus();
    }

    @Override
    public void addHeader(String name, String value) {
        // Not through setContentType and getWriter: the container would add a charset of its own.
        response.addHeader(name, value);
    }

    @Override
    public void contentLength(long length) {
        response.setContentLengthLong(length);
    }

    @Override
    public OutputStream output() throws IOException {
        OutputStream output = response.getOutputStream();
        return output.getClass().getName().startsWith("com.ibm.") ? new LibertyOutput(output, response) : output;
    }

    @Override
    public boolean isCommitted() {
        return response.isCommitted();
    }

    @Override
    public void reset() {
        response.reset();
    }

    @Override
    public void forgetFailure() {
        request.removeAttribute(RequestDispatcher.ERROR_EXCEPTION);
    }
}
