package org.djwar.runtime;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** An exchange without a container: what a test asks, and what came out. */
public final class FakeExchange implements Exchange {
    public String method = "GET";
    public String uri = "/";
    public String mount = "";
    public String containerPath = "/";
    public String query;
    public String user;
    public String scheme = "http";
    public String peer = "192.0.2.1";
    public byte[] body = new byte[0];
    public long contentLength = -1;
    public final List<String[]> requestHeaders = new ArrayList<>();

    public int status;
    public final List<String> headers = new ArrayList<>();
    public long length = -1;
    public boolean isCommitted;
    public final List<Integer> flushedAt = new ArrayList<>();
    public OutputStream output;
    public InputStream stream;
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    public static FakeExchange of(String method, String uri) {
        FakeExchange exchange = new FakeExchange();
        exchange.method = method;
        exchange.uri = uri;
        exchange.containerPath = uri;
        return exchange;
    }

    public FakeExchange with(String name, String value) {
        requestHeaders.add(new String[] {name, value});
        return this;
    }

    public FakeExchange sending(byte[] bytes) {
        body = bytes;
        contentLength = bytes.length;
        return this;
    }

    /** For outputs of a test's own. */
    public void sent(int b) {
        sent.write(b);
    }

    public String text() {
        return sent.toString(StandardCharsets.UTF_8);
    }

    public byte[] bytes() {
        return sent.toByteArray();
    }

    @Override public String method() { return method; }
    @Override public String requestUri() { return uri; }
    @Override public String mountPath() { return mount; }
    @Override public String containerPath() { return containerPath; }
    @Override public String query() { return query; }
    @Override public String protocol() { return "HTTP/1.1"; }
    @Override public String scheme() { return scheme; }
    @Override public String serverName() { return "example.org"; }
    @Override public int serverPort() { return 80; }
    @Override public String remoteAddress() { return peer; }
    @Override public String remoteHost() { return peer; }
    @Override public int remotePort() { return 4321; }
    @Override public String remoteUser() { return user; }
    @Override public String authType() { return user == null ? null : "BASIC"; }
    @Override public long contentLength() { return contentLength; }

    @Override
    public String header(String name) {
        return requestHeaders.stream().filter(pair -> pair[0].equalsIgnoreCase(name)).map(pair -> pair[1]).findFirst().orElse(null);
    }

    @Override
    public void headers(HeaderVisitor visitor) {
        requestHeaders.forEach(pair -> visitor.header(pair[0], pair[1]));
    }

    @Override public InputStream body() { return stream != null ? stream : new ByteArrayInputStream(body); }
    @Override public void status(int code) { status = code; }
    @Override public void addHeader(String name, String value) { headers.add(name + ": " + value); }
    @Override public void contentLength(long count) { length = count; }
    @Override public boolean isCommitted() { return isCommitted; }

    @Override
    public OutputStream output() {
        if (output != null) {
            return output;
        }
        return new OutputStream() {
            @Override public void write(int b) { sent.write(b); }
            @Override public void write(byte[] bytes, int from, int count) { sent.write(bytes, from, count); }
            @Override public void flush() {
                isCommitted = true;
                flushedAt.add(sent.size());
            }
        };
    }

    @Override public void forgetFailure() {}

    @Override
    public void reset() {
        headers.clear();
        length = -1;
        sent.reset();
    }
}
