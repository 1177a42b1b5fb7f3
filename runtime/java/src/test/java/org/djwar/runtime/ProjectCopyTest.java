package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProjectCopyTest {
    @TempDir
    Path project;

    @TempDir
    Path data;

    private final List<String> messages = new ArrayList<>();
    private final Logger logger = Logger.getLogger("org.djwar.copies");
    private final Log log = new Log("copies", "info");
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord record) {
            messages.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() throws IOException {
        logger.addHandler(listener);
        Files.writeString(project.resolve("manage.py"), "x");
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(listener);
    }

    @Test
    void aCopyGoesWithItsApplicationAndLeavesNothing() throws Exception {
        ProjectCopy copy = ProjectCopy.of(project, data, "shop", log);
        assertEquals("x", Files.readString(copy.folder().resolve("manage.py")));
        copy.close();
        try (Stream<Path> left = Files.list(data.resolve(".djwar"))) {
            assertEquals(0, left.count());
        }
        assertEquals(List.of(), messages);
    }

    @Test
    void aSecondCopyDoesNotEndTheLockOfTheFirst() throws Exception {
        Path locks = Path.of("/proc/locks");
        assumeTrue(Files.isReadable(locks), "skipped: only Linux lists its file locks");
        try (ProjectCopy first = ProjectCopy.of(project, data, "shop", log)) {
            Path lockFile = first.folder().resolveSibling(first.folder().getFileName() + ".lock");
            String inode = ":" + Files.getAttribute(lockFile, "unix:ino") + " ";
            assumeTrue(Files.readString(locks).contains(inode), "skipped: this sandbox does not list file locks");
            try (ProjectCopy second = ProjectCopy.of(project, data, "shop", log)) {
                assertTrue(Files.exists(first.folder().resolve("manage.py")) && Files.exists(second.folder()));
                assertTrue(Files.readString(locks).contains(inode), "another container would take it for abandoned");
            }
        }
        assertEquals(List.of(), messages, "two versions of one application");
    }

    @Test
    void whatAKilledContainerLeftIsRemoved() throws Exception {
        Path abandoned = Files.createDirectories(data.resolve(".djwar/app-0-shop-1"));
        Files.writeString(abandoned.resolve("manage.py"), "x");
        Files.createFile(data.resolve(".djwar/app-0-shop-1.lock"));
        ProjectCopy.of(project, data, "blog", log).close();
        assertFalse(Files.exists(abandoned));
        assertEquals(List.of(), messages);
    }

    @Test
    void anotherApplicationInTheSameDataFolderIsToldOf() throws Exception {
        try (ProjectCopy shop = ProjectCopy.of(project, data, "shop-a", log); ProjectCopy blog = ProjectCopy.of(project, data, "blog", log)) {
            assertTrue(Files.exists(shop.folder()) && Files.exists(blog.folder()));
        }
        assertEquals(1, messages.size());
        assertTrue(messages.get(0).contains("is the data folder of `shop-a` too"), messages.get(0));
    }
}
