package org.djwar.runtime.cpython;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the host does to an engine: deletes its files, stops its processes. */
@Timeout(60)
class EngineFaultsTest extends EngineFixture {
    private static final FakeParent.Application FINE = (environ, wire) -> wire.answer('F', 200, "", "worker " + wire.worker);

    private Path socketFolder() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findFirst().orElseThrow();
        }
    }

    private void killParentAndWait() throws Exception {
        parents.acquire();
        parent.get().kill();
        assertTrue(parents.tryAcquire(30, TimeUnit.SECONDS), "another parent");
        assertNotEquals("worker 1", get("/").text());
    }

    @Test
    void aSocketWhoseFolderWasDeletedIsBoundAnewForTheOwnerOnly() throws Exception {
        start(1, 1, 0, 0, 20 * SECOND, FINE);
        Path socket = socketFolder();
        Files.delete(socket.resolve("s"));
        Files.delete(socket);
        while (!Files.exists(socket.resolve("s"))) {
            Thread.onSpinWait();
        }
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
        assertEquals("worker 1", get("/").text(), "who is connected has noticed nothing");
        killParentAndWait();
    }

    @Test
    void aDeletedWorkFolderIsMadeAgain() throws Exception {
        start(1, 1, 0, 0, 20 * SECOND, FINE);
        Path socket = socketFolder();
        Files.delete(socket.resolve("s"));
        Files.delete(socket);
        Files.delete(folder);
        while (!Files.exists(socket.resolve("s"))) {
            Thread.onSpinWait();
        }
        killParentAndWait();
    }

    @Test
    void aParentThatForksNothingIsKilledAndReplaced() throws Exception {
        startTimeout = 2 * SECOND;
        start(1, 1, 0, 0, 30 * SECOND, FINE);
        parents.acquire();
        idleParent = 2;
        parent.get().kill();
        assertTrue(parents.tryAcquire(2, 30, TimeUnit.SECONDS), "and another, for that one forked nothing");
        assertEquals(200, get("/").status);
    }

    @Test
    void aParentThatDoesNotReportItsWorkersEndIsKilledAndReplaced() throws Exception {
        startTimeout = 2 * SECOND;
        start(1, 1, 0, SECOND / 2, 30 * SECOND, (environ, wire) -> {
            if (environ.get("PATH_INFO").equals("/hang")) {
                wire.process.onExit().join();
                throw new IOException("killed");
            }
            FINE.answer(environ, wire);
        });
        parents.acquire();
        silentParent = 1;
        assertEquals(504, get("/hang").status);
        assertTrue(parents.tryAcquire(30, TimeUnit.SECONDS), "another parent");
        assertEquals(200, get("/").status);
    }

    @Test
    void workersThatNeverConnectAreKilledAndReplaced() throws Exception {
        startTimeout = 2 * SECOND;
        start(1, 1, 0, 0, 30 * SECOND, FINE);
        parent.get().connectNoMore();
        // The next one connects not at all, and is to be replaced in its turn.
        forked.drainPermits();
        ProcessHandle.current().children().filter(child -> child.info().command().orElse("").endsWith("sleep")).forEach(ProcessHandle::destroyForcibly);
        assertTrue(forked.tryAcquire(2, 30, TimeUnit.SECONDS), "a second worker, and a third");
    }
}
