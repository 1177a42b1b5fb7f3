package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NestedPackagesTest {
    private static final Log LOG = new Log("nested", "info");

    private static void archive(Path file, String... names) throws Exception {
        Files.createDirectories(file.getParent());
        try (OutputStream out = Files.newOutputStream(file); ZipOutputStream zip = new ZipOutputStream(out)) {
            for (String name : names) {
                zip.putNextEntry(new ZipEntry(name));
                zip.write(name.getBytes());
            }
        }
    }

    @Test
    void looseFilesStayWhereTheyAre(@TempDir Path folder) throws Exception {
        Path python = Files.createDirectories(folder.resolve("python/lib")).getParent();
        assertEquals(python, NestedPackages.folder(python, folder, LOG));
        assertEquals(folder.resolve("nowhere"), NestedPackages.folder(folder.resolve("nowhere"), folder, LOG));
    }

    @Test
    void anArchiveIsUnpackedOnceAndTheNextContentTakesItsPlace(@TempDir Path folder) throws Exception {
        Path python = folder.resolve("python");
        Path work = Files.createDirectories(folder.resolve("work"));
        archive(python.resolve("packages-1.zip"), "lib/a/b.py", "lib/c.py", "home/linux/bin/python3.13");
        Files.createDirectories(work.resolve("unpacking-packages-of-a-killed-container/lib"));
        Path first = NestedPackages.folder(python, work, LOG);
        assertEquals("lib/a/b.py", Files.readString(first.resolve("lib/a/b.py")));
        assertEquals("home/linux/bin/python3.13", Files.readString(first.resolve("home/linux/bin/python3.13")));
        Files.writeString(first.resolve("mark"), "the same folder");
        assertTrue(Files.exists(NestedPackages.folder(python, work, LOG).resolve("mark")));
        Files.delete(python.resolve("packages-1.zip"));
        archive(python.resolve("packages-2.zip"), "lib/d.py");
        Path second = NestedPackages.folder(python, work, LOG);
        try (Stream<Path> files = Files.list(work)) {
            assertEquals(second, files.reduce((one, other) -> folder).orElseThrow(), "nothing else is left");
        }
    }

    @Test
    void anEntryThatLeadsOutOfItsFolderIsRefused(@TempDir Path folder) throws Exception {
        Path python = folder.resolve("python");
        Path work = Files.createDirectories(folder.resolve("work"));
        archive(python.resolve("packages-1.zip"), "../outside");
        assertThrows(BootFailure.class, () -> NestedPackages.folder(python, work, LOG));
        assertFalse(Files.exists(work.resolve("outside")));
        assertFalse(Files.exists(work.resolve("packages-1")), "an archive that is broken must not count as unpacked");
    }
}
