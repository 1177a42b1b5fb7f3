package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Environ;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.Log;
import org.djwar.runtime.TrustedProxies;
import org.djwar.runtime.TruncatedResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CpythonEngineTest extends EngineFixture {
    @Test
    void aPageComesBackAsTheApplicationMadeIt() throws Exception {
        start(1, 1, 0, 0, SECOND, (environ, wire) ->
                wire.answer('F', 201, "Set-Cookie\0a=1\0Set-Cookie\0b=2", environ.get("REQUEST_METHOD") + environ.get("PATH_INFO") + new String(wire.inline)));
        FakeExchange exchange = ask(FakeExchange.of("POST", "/x").sending("body".getBytes()));
        assertEquals(201, exchange.status);
        assertEquals(List.of("Set-Cookie: a=1", "Set-Cookie: b=2"), exchange.headers);
        assertEquals("POST/xbody", exchange.text());
        assertEquals(10, exchange.length);
    }

    @Test
    void aStreamIsFlushedPartByPart() throws Exception {
        start(1, 1, 0, 0, SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "one");
            wire.frame('B', "two".getBytes());
            wire.frame('E', new byte[0]);
        });
        FakeExchange exchange = get("/");
        assertEquals("onetwo", exchange.text());
        assertEquals(List.of(3, 6), exchange.flushedAt);
        assertEquals("onetwo", get("/").text(), "the connection is idle again");
    }

    @Test
    void aResponseThatBreaksOffIsNotTakenForComplete() throws Exception {
        start(1, 1, 0, 0, SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "one");
            wire.frame('T', new byte[0]);
        });
        assertThrows(TruncatedResponse.class, () -> get("/"));
        assertThrows(TruncatedResponse.class, () -> get("/"), "the connection was idle again");
    }

    @Test
    void aLargeBodyIsPulledAndALargePageComesWhole() throws Exception {
        byte[] body = new byte[300_000];
        new Random(1).nextBytes(body);
        ByteArrayOutputStream pulled = new ByteArrayOutputStream();
        start(1, 1, 0, 0, SECOND, (environ, wire) -> {
            for (byte[] part = wire.pull(100_000); part.length > 0; part = wire.pull(100_000)) {
                pulled.write(part);
            }
            wire.answer('F', 200, "", "z".repeat(1_000_000));
        });
        assertEquals(1_000_000, ask(FakeExchange.of("POST", "/").sending(body)).bytes().length);
        assertArrayEquals(body, pulled.toByteArray());
    }

    @Test
    void aGetThatMeetsADyingWorkerIsSentOnceMoreAndAPostIsNot() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        start(2, 1, 0, 0, 10 * SECOND, (environ, wire) -> {
            if (environ.get("PATH_INFO").equals("/poison") || calls.incrementAndGet() % 2 == 1) {
                wire.die();
            }
            wire.answer('F', 200, "", "fine");
        });
        assertEquals("fine", get("/").text());
        assertEquals(502, ask(FakeExchange.of("POST", "/").sending("x".getBytes())).status);
        assertEquals(502, get("/poison").status, "not replayed over and over");
        calls.set(1);
        assertEquals("fine", get("/").text(), "dead workers are replaced");
    }

    @Test
    void aSilentWorkerIsKilledAndTheClientIsTold() throws Exception {
        start(1, 1, 0, SECOND / 5, 10 * SECOND, (environ, wire) -> {
            if (environ.get("PATH_INFO").equals("/hang")) {
                wire.pull(1);
                wire.process.onExit().join();
                throw new IOException("killed");
            }
            wire.answer('F', 200, "", "fine");
        });
        assertEquals(504, get("/hang").status);
        assertEquals("fine", get("/").text());
    }

    @Test
    void whoWaitsTooLongGetsA503WithRetryAfter() throws Exception {
        CountDownLatch isBusy = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        start(1, 1, 0, 0, SECOND / 10, (environ, wire) -> {
            isBusy.countDown();
            try {
                mayEnd.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            wire.answer('F', 200, "", "fine");
        });
        FakeExchange slow = new FakeExchange();
        Thread first = new Thread(() -> assertDoesAsk(slow));
        first.start();
        isBusy.await();
        FakeExchange refused = get("/");
        mayEnd.countDown();
        first.join();
        assertEquals(503, refused.status);
        assertTrue(refused.headers.contains("Retry-After: 5"), refused.headers.toString());
        assertEquals("fine", slow.text());
    }

    @Test
    void aWornOutWorkerIsReplacedAndNoRequestNotices() throws Exception {
        start(1, 2, 3, 0, 10 * SECOND, (environ, wire) -> wire.answer('F', 200, "", "worker " + wire.worker));
        Set<String> seen = new TreeSet<>();
        for (int i = 0; seen.size() < 3; i++) {
            assertTrue(i < 100_000, "never replaced: " + seen);
            FakeExchange exchange = get("/");
            assertEquals(200, exchange.status);
            seen.add(exchange.text());
        }
    }

    @Test
    void aParentThatDiesIsReplaced() throws Exception {
        start(1, 1, 0, 0, 10 * SECOND, (environ, wire) -> wire.answer('F', 200, "", "fine"));
        for (int i = 0; i < 2; i++) {
            parents.acquire();
            parent.get().kill();
            assertTrue(parents.tryAcquire(30, TimeUnit.SECONDS), "no other parent was started");
            parents.release();
            assertEquals("fine", get("/").text());
        }
    }

    @Test
    void aClientThatLeavesCostsAConnectionOnlyUntilItsThreadConnectsAnew() throws Exception {
        start(1, 1, 0, 0, 10 * SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "one");
            while (environ.get("PATH_INFO").equals("/endless")) {
                wire.frame('B', new byte[1000]);
            }
            wire.frame('E', new byte[0]);
        });
        FakeExchange gone = FakeExchange.of("GET", "/endless");
        gone.output = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("the client has gone");
            }
        };
        assertEquals("the client has gone", assertThrows(IOException.class, () -> ask(gone)).getMessage());
        assertEquals("one", get("/").text());
    }

    @Test
    void aClientThatLeavesAtTheEndOfAStreamCostsNoThread() throws Exception {
        start(1, 1, 0, 0, 10 * SECOND, (environ, wire) -> {
            // In one write: the engine has read the end when the client turns out to have gone.
            wire.hold();
            wire.answer('S', 200, "", "worker " + wire.worker);
            wire.frame('B', new byte[10]);
            wire.frame('E', new byte[0]);
            wire.flush();
        });
        for (int i = 0; i < 5; i++) {
            FakeExchange gone = leaving("/");
            assertEquals("the client has gone", assertThrows(IOException.class, () -> ask(gone)).getMessage());
            assertEquals("worker 1", get("/").text().substring(0, 8), "the same process, with the same thread");
        }
    }

    @Test
    void aRetryGoesToAnotherProcessThanTheDeadOne() throws Exception {
        start(2, 4, 0, 0, 10 * SECOND, (environ, wire) -> {
            if (wire.worker == 1) {
                throw new IOException("one connection ends here, and the others are seen to end when they are used");
            }
            wire.answer('F', 200, "", "worker " + wire.worker);
        });
        while (engine.status().capacity() < 8) {
            Thread.onSpinWait();
        }
        parent.get().connectNoMore();
        for (int i = 0; i < 20; i++) {
            assertEquals(200, get("/").status);
        }
    }

    @Test
    void aThreadThatWorksForNobodyMakesItsWorkerBeReplaced() throws Exception {
        start(1, 2, 0, SECOND / 5, 30 * SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "worker " + wire.worker);
            if (environ.get("PATH_INFO").equals("/forever")) {
                wire.process.onExit().join();
                throw new IOException("killed");
            }
            wire.frame('E', new byte[0]);
        });
        FakeExchange gone = leaving("/forever");
        assertThrows(IOException.class, () -> ask(gone));
        String last;
        do {
            FakeExchange exchange = get("/");
            assertEquals(200, exchange.status);
            last = exchange.text();
        } while (last.equals("worker 1"));
        assertEquals("worker 2", last);
    }

    @Test
    void aWorkerWhoseOnlyClientsHaveLeftIsNotKilledAsOneThatDoesNotStart() throws Exception {
        CountDownLatch mayEnd = new CountDownLatch(1);
        startTimeout = 20 * SECOND;
        start(1, 1, 0, 0, 30 * SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "worker " + wire.worker);
            if (environ.get("PATH_INFO").equals("/slow")) {
                assertDoesWait(mayEnd);
            }
            wire.frame('E', new byte[0]);
        });
        assertThrows(IOException.class, () -> ask(leaving("/slow")));
        // Later than a start may take: what is tested is that nothing happens then.
        engine.tick(System.nanoTime() + startTimeout + SECOND);
        mayEnd.countDown();
        assertEquals("worker 1", get("/").text());
    }

    @Test
    void anInterruptedStopStillEndsEverything() throws Exception {
        start(1, 1, 0, 0, SECOND, (environ, wire) -> {
            wire.answer('S', 200, "", "one");
            wire.process.onExit().join();
            throw new IOException("killed");
        });
        CountDownLatch isServed = new CountDownLatch(1);
        FakeExchange slow = new FakeExchange();
        slow.output = new OutputStream() {
            @Override
            public void write(int b) {
                isServed.countDown();
            }
        };
        Thread client = new Thread(() -> {
            try {
                ask(slow);
            } catch (IOException e) {
                // Broken off: how is the matter of other tests.
                return;
            }
        });
        client.start();
        isServed.await();
        Thread stopper = new Thread(() -> engine.stop());
        stopper.start();
        while (stopper.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        stopper.interrupt();
        stopper.join();
        client.join();
        assertTrue(parent.get().await(0), "the parent has been ended");
    }

    @Test
    void aNewParentThatHangsInItsImportIsKilledAndReplaced() throws Exception {
        startTimeout = 2 * SECOND;
        AtomicInteger made = new AtomicInteger();
        hangs = () -> made.incrementAndGet() == 2;
        start(1, 1, 0, 0, 30 * SECOND, (environ, wire) -> wire.answer('F', 200, "", "fine"));
        parents.acquire();
        parent.get().kill();
        assertTrue(parents.tryAcquire(2, 50, TimeUnit.SECONDS), "a parent that hangs was started, and then another");
        assertEquals("fine", get("/").text());
    }

    @Test
    void aNulIsRefusedAndTheWorkerGoesOn() throws Exception {
        start(1, 1, 0, 0, SECOND, (environ, wire) -> wire.answer('F', 200, "", "fine"));
        assertEquals(400, get("/%00").status);
        assertEquals("fine", get("/").text());
    }

    @Test
    void aProjectThatCantBeImportedSaysWhy() {
        Limits limits = new Limits(1, 1, 0, 0, 5 * SECOND, SECOND, 0, SECOND, 0);
        BootFailure failure = assertThrows(BootFailure.class, () -> {
            engine = new CpythonEngine(
                    (settings, listener) -> new FakeParent(settings, listener, null, 1) {
                        @Override
                        public void start() {
                            Threads.daemon("fake", () -> listener.event(Map.of(
                                    "event", "failed", "stage", "import", "traceback", "ImportError: x", "debug", true))).start();
                        }
                    },
                    Map.of(), "a fake", limits, new Environ(new TrustedProxies(List.of())), folder, "test", new Log("test", "error"));
            engine.start();
        });
        assertEquals("ImportError: x", failure.traceback());
        assertTrue(failure.debug());
    }

    @Test
    void anInterpreterThatTheHostCantRunIsExplained() {
        assertTrue(StartTrouble.explain(1, List.of("python3.13: /lib/libc.so.6: version `GLIBC_2.35' not found (required by x)"), "the bundled Python")
                .contains("glibc is older than 2.35"));
        assertTrue(StartTrouble.explain(127, List.of("python3: error while loading shared libraries: libsqlite3.so.0: cannot open shared object file"), "it")
                .contains("lacks the system library `libsqlite3.so.0`"));
        assertTrue(StartTrouble.explain(new IOException("Cannot run program: error=8, Exec format error"), "it").contains("another platform"));
        assertEquals("Python ended with status 1: oops", StartTrouble.explain(1, List.of("oops"), "it"));
    }
}
