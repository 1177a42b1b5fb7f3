package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.djwar.runtime.Body;
import org.djwar.runtime.Client;
import org.djwar.runtime.Environ;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.TrustedProxies;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** An engine over a {@link FakeParent}, and what its tests ask of it. */
abstract class EngineFixture {
    static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    @TempDir
    Path folder;

    long startTimeout = 30 * SECOND;
    long overflow;
    BooleanSupplier hangs = () -> false;
    /** The parent, counted from 1, that forks nothing. */
    volatile int idleParent;
    int parentsMade;
    /** The parent, counted from 1, that reports no worker's end. */
    volatile int silentParent;
    final Semaphore forked = new Semaphore(0);
    CpythonEngine engine;
    final AtomicReference<FakeParent> parent = new AtomicReference<>();
    final Semaphore parents = new Semaphore(0);

    void start(int processes, int threads, int maxRequests, long request, long queue, FakeParent.Application application)
            throws Exception {
        Limits limits = new Limits(processes, threads, maxRequests, 0, startTimeout, 5 * SECOND, request, queue, overflow);
        Parent.Factory factory = (settings, listener) -> {
            int number = ++parentsMade;
            boolean isHanging = hangs.getAsBoolean();
            parent.set(new FakeParent(settings, listener, application, threads) {
                @Override
                public void start() {
                    if (!isHanging) {
                        super.start();
                    }
                }

                @Override
                public void send(String line) {
                    if (number != idleParent || line.equals("stop")) {
                        forked.release();
                        super.send(line);
                    }
                }

                @Override
                boolean isSilent() {
                    return number == silentParent;
                }
            });
            parents.release();
            return parent.get();
        };
        engine = new CpythonEngine(factory, Map.of(), "a fake", limits, new Environ(new TrustedProxies(List.of())), folder, "test", new Log("test", "error"));
        engine.start();
    }

    @AfterEach
    void stop() throws IOException {
        if (engine != null) {
            engine.stop();
            try (Stream<Path> left = Files.list(folder)) {
                assertEquals(0, left.count(), "the socket's folder is gone");
            }
            assertTrue(Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().startsWith("test-")));
        }
    }

    FakeExchange ask(FakeExchange exchange) throws IOException {
        engine.handle(new Request(exchange, Client.direct(exchange), new Body(exchange.body, exchange.body.length)));
        return exchange;
    }

    FakeExchange get(String path) throws IOException {
        return ask(FakeExchange.of("GET", path));
    }

    void assertDoesAsk(FakeExchange exchange) {
        try {
            ask(exchange);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    FakeExchange leaving(String path) {
        FakeExchange gone = FakeExchange.of("GET", path);
        gone.output = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("the client has gone");
            }
        };
        return gone;
    }

    static void assertDoesWait(CountDownLatch latch) throws IOException {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
