package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.TruncatedResponse;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that take a streamed response slowly, and whose worker is wanted by others. There is one worker thread. */
@Timeout(60)
class SlowClientTest extends EngineFixture {
    private static final byte[] PART = new byte[200_000];
    private static final int PARTS = 20;

    private final CountDownLatch mayRead = new CountDownLatch(1);
    private final CountDownLatch isBlocked = new CountDownLatch(1);
    private final ByteArrayOutputStream received = new ByteArrayOutputStream();
    private final AtomicReference<Exception> failure = new AtomicReference<>();
    private Thread client;

    @BeforeEach
    void random() {
        new Random(7).nextBytes(PART);
    }

    /** Asks for a page and takes nothing of it before {@link #mayRead}. */
    private void askSlowly(String path, int failAt) {
        FakeExchange slow = FakeExchange.of("GET", path);
        slow.output = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                write(new byte[] {(byte) b}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                isBlocked.countDown();
                assertDoesWait(mayRead);
                if (received.size() >= failAt) {
                    throw new IOException("the client has gone");
                }
                slow.isCommitted = true;
                received.write(bytes, from, count);
            }
        };
        client = new Thread(() -> {
            try {
                ask(slow);
            } catch (IOException | RuntimeException e) {
                failure.set(e);
            }
        });
        client.start();
        while (engine.status().busy() == 0) {
            Thread.onSpinWait();
        }
    }

    private void finish() throws InterruptedException {
        mayRead.countDown();
        client.join();
    }

    private void serve(String end) throws Exception {
        start(1, 1, 0, 0, 20 * SECOND, (environ, wire) -> {
            if (environ.get("PATH_INFO").equals("/")) {
                wire.answer('F', 200, "", "worker " + wire.worker);
                return;
            }
            wire.answer('S', 200, "", "");
            for (int i = 0; i < PARTS; i++) {
                wire.frame('B', PART);
            }
            if (end.equals("die")) {
                wire.die();
            }
            wire.frame(end.charAt(0), new byte[0]);
        });
    }

    private static byte[] whole() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (int i = 0; i < PARTS; i++) {
            all.writeBytes(PART);
        }
        return all.toByteArray();
    }

    @Test
    void theWorkerServesOthersMeanwhileAndNoByteIsLost() throws Exception {
        overflow = 1 << 30;
        serve("E");
        askSlowly("/large", Integer.MAX_VALUE);
        assertEquals("worker 1", get("/").text());
        assertEquals(0, received.size());
        finish();
        assertEquals(null, failure.get());
        assertArrayEquals(whole(), received.toByteArray());
        assertEquals("worker 1", get("/").text());
    }

    @Test
    void whatBreaksOffDoesSoAlsoForWhoReadsLater() throws Exception {
        overflow = 1 << 30;
        serve("T");
        askSlowly("/large", Integer.MAX_VALUE);
        assertEquals("worker 1", get("/").text());
        finish();
        assertInstanceOf(TruncatedResponse.class, failure.get());
        assertArrayEquals(whole(), received.toByteArray());
        assertEquals("worker 1", get("/").text());
    }

    @Test
    void aWorkerThatDiesBehindASlowClientBreaksTheResponseOff() throws Exception {
        overflow = 1 << 30;
        serve("die");
        askSlowly("/large", Integer.MAX_VALUE);
        assertEquals("worker 2", get("/").text());
        finish();
        assertInstanceOf(TruncatedResponse.class, failure.get());
    }

    @Test
    void aSlowClientThatLeavesCostsNobodyAnything() throws Exception {
        overflow = 1 << 30;
        serve("E");
        askSlowly("/large", 400_000);
        assertEquals("worker 1", get("/").text());
        finish();
        assertEquals("the client has gone", failure.get().getCause() == null ? failure.get().getMessage() : failure.get().getCause().getMessage());
        assertEquals("worker 1", get("/").text());
    }

    @Test
    void aSlowClientThatLeavesWhileItsResponseIsReadGivesTheConnectionBack() throws Exception {
        overflow = 1 << 30;
        CountDownLatch isRead = new CountDownLatch(1);
        start(1, 1, 0, 0, 20 * SECOND, (environ, wire) -> {
            if (environ.get("PATH_INFO").equals("/")) {
                wire.answer('F', 200, "", "worker " + wire.worker);
                return;
            }
            wire.answer('S', 200, "", "");
            // More than the socket holds: the engine must have begun to read.
            for (int i = 0; i < PARTS; i++) {
                wire.frame('B', PART);
            }
            isRead.countDown();
            while (true) {
                wire.frame('B', PART);
            }
        });
        askSlowly("/endless", 0);
        isRead.await();
        finish();
        assertEquals("worker 1", get("/").text());
    }

    @Test
    void withoutRoomTheWorkerWaitsForItsClientAndNoByteIsLost() throws Exception {
        overflow = 4 * 1_000_000;
        serve("E");
        askSlowly("/large", Integer.MAX_VALUE);
        isBlocked.await();
        // A moment after the engine's patience with slow clients: 1 MB of 4 fits, then the worker waits.
        engine.tick(System.nanoTime() + SECOND);
        while (engine.keptOnDisk() + PART.length <= 1_000_000) {
            Thread.onSpinWait();
        }
        assertEquals(1, engine.status().busy());
        finish();
        assertEquals(null, failure.get());
        assertArrayEquals(whole(), received.toByteArray());
        assertEquals("worker 1", get("/").text());
    }
}
