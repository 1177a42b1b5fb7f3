package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.Body;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Client;
import org.djwar.runtime.Environ;
import org.djwar.runtime.FakeExchange;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;
import org.djwar.runtime.TruncatedResponse;
import org.djwar.runtime.TrustedProxies;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Both halves of the protocol at once: this engine, and {@code runtime/python}'s handler in a real Python. */
@Timeout(120)
class HandlerTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final List<String> NAMES = List.of("python3", "python3.14", "python3.13", "python3.12", "python3.11");
    private static final String APPLICATION = """
            import os

            def application(environ, start_response):
                path = environ["PATH_INFO"]
                if path == "/exit":
                    os._exit(9)
                head = [("Content-Type", "text/plain"), ("X-Path", path), ("Proxy-Connection", "close")]
                if path == "/file":
                    head.append(("Content-Length", "5000000"))
                start_response("200 OK", head)
                if path == "/echo":
                    return [environ["wsgi.input"].read()]
                if path == "/stream":
                    return iter([b"one", b"two", b"three"])
                if path == "/file":
                    return file(environ)
                if path == "/fail":
                    return failing()
                return [str(os.getpid()).encode()]

            def file(environ):
                opened = open("large.bin", "rb")
                os.unlink("large.bin")
                return environ["wsgi.file_wrapper"](opened)

            def failing():
                yield b"one"
                raise ValueError("meant to fail")
            """;

    private static String python;

    @TempDir
    Path folder;

    private volatile CpythonEngine engine;
    private long spool = 1 << 30;

    @BeforeAll
    static void findPython() throws Exception {
        for (String name : NAMES) {
            for (String place : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
                Path candidate = Path.of(place, name);
                if (python == null && Files.isExecutable(candidate) && isNewEnough(candidate)) {
                    python = candidate.toString();
                }
            }
        }
        if (python == null) {
            System.err.println("HandlerTest is skipped: no Python 3.11 or newer on the PATH");
        }
        assumeTrue(python != null, "no Python 3.11 or newer on the PATH");
    }

    private static boolean isNewEnough(Path candidate) throws IOException, InterruptedException {
        return new ProcessBuilder(candidate.toString(), "-c", "import sys; sys.exit(sys.version_info < (3, 11))")
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }

    private void start(int processes, int threads, String application) throws Exception {
        Path project = Files.createDirectories(folder.resolve("project"));
        Files.writeString(project.resolve("app.py"), application);
        Map<String, String> variables = new TreeMap<>(System.getenv());
        variables.keySet().removeIf(name -> name.startsWith("PYTHON"));
        variables.put("PYTHONPATH", Path.of("../python").toRealPath() + File.pathSeparator + project);
        variables.put("PYTHONSAFEPATH", "1");
        variables.put("PYTHONUTF8", "1");
        Map<String, Object> settings = new LinkedHashMap<>();
        settings.put("wsgi", "app:application");
        settings.put("settings", "");
        settings.put("context_path", "");
        settings.put("threads", threads);
        settings.put("adapt_urls", true);
        settings.put("static_root", "");
        settings.put("software", "Test/1.0");
        settings.put("log_level", "info");
        Launch launch = new Launch(List.of(python, "-s", "-B", "-m", "djwar_handler"), variables, project, settings, "the test's Python");
        Limits limits = new Limits(processes, threads, 0, 0, 60 * SECOND, 10 * SECOND, 60 * SECOND, 30 * SECOND, spool);
        Path work = Files.createDirectories(folder.resolve("work"));
        engine = new CpythonEngine(launch, limits, new Environ(new TrustedProxies(List.of())), work, "test", new Log("handler", "error"));
        engine.start();
        while (engine.status().capacity() < processes * threads) {
            Thread.onSpinWait();
        }
    }

    @AfterEach
    void stop() {
        if (engine != null) {
            engine.stop();
        }
    }

    private FakeExchange ask(FakeExchange exchange) throws IOException {
        engine.handle(new Request(exchange, Client.direct(exchange), new Body(exchange.body, exchange.body.length)));
        return exchange;
    }

    private FakeExchange get(String path) throws IOException {
        return ask(FakeExchange.of("GET", path));
    }

    @Test
    void whoReadsAFileSlowlyHoldsNoWorker() throws Exception {
        assumeTrue(Files.isDirectory(Path.of("/proc/self/fd")), "no /proc: workers send files themselves");
        // Nothing of it may be kept elsewhere.
        spool = 0;
        start(1, 1, APPLICATION);
        byte[] content = new byte[5_000_000];
        new Random(3).nextBytes(content);
        Files.write(folder.resolve("project/large.bin"), content);
        CountDownLatch mayRead = new CountDownLatch(1);
        CountDownLatch isReading = new CountDownLatch(1);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        FakeExchange slow = FakeExchange.of("GET", "/file");
        slow.output = new OutputStream() {
            @Override
            public void write(int b) {
                throw new UnsupportedOperationException("a byte at a time");
            }

            @Override
            public void write(byte[] bytes, int from, int count) throws IOException {
                isReading.countDown();
                try {
                    mayRead.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                received.write(bytes, from, count);
            }
        };
        CompletableFuture<Void> client = CompletableFuture.runAsync(() -> {
            try {
                ask(slow);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        isReading.await();
        // The one thread of the one worker; the file's name is gone, what the application opened is not.
        assertEquals(0, engine.status().busy());
        assertEquals("onetwothree", get("/stream").text());
        mayRead.countDown();
        client.get();
        assertArrayEquals(content, received.toByteArray());
    }

    @Test
    void pagesStreamsAndBodiesPassBothHalves() throws Exception {
        start(1, 1, APPLICATION);
        FakeExchange page = get("/caf%C3%A9");
        assertEquals(200, page.status);
        assertTrue(page.headers.contains("X-Path: /caf\u00c3\u00a9"), page.headers.toString());
        assertTrue(page.headers.stream().noneMatch(header -> header.startsWith("Proxy-Connection")), "hop-by-hop");
        assertEquals("onetwothree", get("/stream").text());
        assertThrows(TruncatedResponse.class, () -> get("/fail"));
        byte[] small = "small".getBytes();
        assertArrayEquals(small, ask(FakeExchange.of("POST", "/echo").sending(small)).bytes());
        byte[] large = new byte[3_000_000];
        new Random(1).nextBytes(large);
        assertArrayEquals(large, ask(FakeExchange.of("POST", "/echo").sending(large)).bytes());
        assertEquals(page.text(), get("/").text(), "one process did all of that");
    }

    @Test
    void aClientThatLeavesAtAnyMomentCostsNoThread() throws Exception {
        start(1, 2, APPLICATION);
        String pid = get("/").text();
        for (int i = 0; i < 20; i++) {
            FakeExchange gone = FakeExchange.of("GET", "/stream");
            int[] left = {i % 3};
            gone.output = new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException("the client has gone");
                }

                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    if (left[0]-- == 0) {
                        // The worker has sent all of it by now, and waits for a request.
                        Thread.yield();
                        throw new IOException("the client has gone");
                    }
                }
            };
            assertThrows(IOException.class, () -> ask(gone));
        }
        while (engine.status().capacity() < 2) {
            Thread.onSpinWait();
        }
        assertEquals(pid, get("/").text());
    }

    @Test
    void aProcessThatDiesIsReplacedAndNoGetIsLost() throws Exception {
        start(2, 4, APPLICATION);
        String pid = get("/").text();
        ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly();
        for (int i = 0; i < 50; i++) {
            assertEquals(200, get("/").status);
        }
        assertEquals(502, get("/exit").status);
        assertEquals(200, get("/").status);
    }

    @Test
    void aStopLeavesNoProcess() throws Exception {
        start(2, 2, APPLICATION);
        List<ProcessHandle> before = ProcessHandle.current().descendants().toList();
        assertTrue(before.size() >= 3, "a parent and two workers");
        engine.stop();
        assertTrue(before.stream().noneMatch(ProcessHandle::isAlive));
    }

    @Test
    void aStopInTheMomentOfAStartLeavesNoProcess() throws Exception {
        for (int i = 0; i < 5; i++) {
            Thread starter = new Thread(() -> {
                try {
                    start(1, 1, "import time\ntime.sleep(1000)\n");
                } catch (InterruptedException | BootFailure e) {
                    return;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            starter.start();
            while (Thread.getAllStackTraces().keySet().stream().noneMatch(thread -> thread.getName().equals("test-parent"))) {
                Thread.onSpinWait();
            }
            // An interrupted stop gives the parent no time to end by itself.
            Thread stopper = new Thread(() -> {
                Thread.currentThread().interrupt();
                engine.stop();
            });
            stopper.start();
            stopper.join();
            starter.interrupt();
            starter.join();
            assertEquals(0, ProcessHandle.current().children().filter(child -> child.info().commandLine().orElse("").contains("djwar_handler")).count());
        }
    }

    @Test
    void anImportThatFailsShowsItsTraceback() {
        BootFailure failure = assertThrows(BootFailure.class, () -> start(1, 1, "import nothing_of_that_name\n"));
        assertTrue(failure.traceback().contains("nothing_of_that_name"), failure.traceback());
    }
}
