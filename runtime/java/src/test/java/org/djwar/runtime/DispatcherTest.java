package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong around an application is answered with a page of djwar's, not with the container's and its stack trace. */
class DispatcherTest {
    @TempDir
    Path folder;

    private interface Answer {
        void give(Request request) throws IOException;
    }

    private FakeExchange ask(FakeExchange exchange, Path spool, Answer answer) throws IOException, BootFailure {
        Engine engine = new Engine() {
            @Override public void start() {}
            @Override public void handle(Request request) throws IOException { answer.give(request); }
            @Override public void stop() {}
            @Override public Status status() { return new Status(0, 0, 0, 0); }
        };
        new Dispatcher(engine, new Spool(spool, 10, 1000), new TrustedProxies(List.of()), List.of(), new Log("test", "error")).handle(exchange);
        return exchange;
    }

    private static void never(Request request) {
        throw new AssertionError("the application was asked");
    }

    private static FakeExchange broken(IOException failure) {
        FakeExchange exchange = FakeExchange.of("POST", "/").sending(new byte[100]);
        exchange.stream = new InputStream() {
            @Override
            public int read() throws IOException {
                throw failure;
            }
        };
        return exchange;
    }

    @Test
    void aBodyThatTheDiskDoesNotTakeIsA507() throws Exception {
        // A device that is always full, in place of the folder: nothing can be made there.
        FakeExchange exchange = ask(FakeExchange.of("POST", "/").sending(new byte[100]), Path.of("/dev/full"), DispatcherTest::never);
        assertEquals(507, exchange.status);
        assertTrue(exchange.text().contains("no room"), exchange.text());
        assertFalse(exchange.text().contains("/dev/full"), "paths of the host are nobody's business");
    }

    @Test
    void aBodyThatTheClientDoesNotSendIsNotTheSitesError() throws Exception {
        assertEquals(400, ask(broken(new IOException("an invalid chunk")), folder, DispatcherTest::never).status);
        assertEquals(408, ask(broken(new SocketTimeoutException("20 s")), folder, DispatcherTest::never).status);
        FakeExchange gone = FakeExchange.of("POST", "/").sending(new byte[100]);
        gone.contentLength = 200;
        assertEquals(400, ask(gone, folder, DispatcherTest::never).status);
    }

    @Test
    void whatAnotherFilterHasAnsweredIsLeftAlone() throws Exception {
        FakeExchange exchange = FakeExchange.of("POST", "/").sending(new byte[10]);
        exchange.isCommitted = true;
        ask(exchange, folder, DispatcherTest::never);
        assertEquals(0, exchange.status);
        assertEquals("", exchange.text());
    }

    @Test
    void headersThatTheContainerRefusesAreSaidOnAPage() throws Exception {
        FakeExchange exchange = new FakeExchange();
        exchange.output = new OutputStream() {
            private boolean isFirst = true;

            @Override
            public void write(int b) throws IOException {
                exchange.sent(b);
            }

            @Override
            public void flush() {
                if (isFirst) {
                    isFirst = false;
                    throw new IllegalStateException("headers too large");
                }
            }
        };
        byte[] head = ("X\0" + "y".repeat(9000)).getBytes();
        ask(exchange, folder, request -> ResponseHead.apply(request.exchange(), 200, head, 0, head.length, 0));
        assertEquals(500, exchange.status);
        assertTrue(exchange.text().contains("headers are larger"), exchange.text());
        assertTrue(exchange.headers.stream().noneMatch(header -> header.startsWith("X: ")));
    }

    @Test
    void cachesAskAgainForFilesWithoutTheirHashInTheName() {
        Dispatcher dispatcher = new Dispatcher(null, null, null, List.of("/static/"), null);
        assertEquals(List.of("Cache-Control: no-cache"), cached(dispatcher, "/static/site.css"));
        assertEquals(List.of("Cache-Control: no-cache"), cached(dispatcher, "/static/v.0123456789ab.d/site.css"));
        assertEquals(List.of("Cache-Control: no-cache"), cached(dispatcher, "/static/site.0123456789ABC.css"));
        assertEquals(List.of(), cached(dispatcher, "/static/site.0123456789ab.css"));
        assertEquals(List.of(), cached(dispatcher, "/static/LICENCE.0123456789ab"));
        assertEquals(List.of(), cached(dispatcher, "/static/site.0123456789ab.css.map"));
    }

    private static List<String> cached(Dispatcher dispatcher, String path) {
        FakeExchange exchange = FakeExchange.of("GET", path);
        assertTrue(dispatcher.isStatic(exchange));
        dispatcher.cacheStatic(exchange);
        return exchange.headers;
    }
}
