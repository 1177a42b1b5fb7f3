package org.djwar.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Packages and interpreter as one archive in the WAR ({@code packages = "nested"} of the build), whose name says what is in it:
 * unpacked once per content, however often the project around it is deployed.
 */
final class NestedPackages {
    private static final String PREFIX = "packages-";
    private static final String ENDING = ".zip";
    private static final String UNFINISHED = "unpacking-packages";
    /** Most of the time goes into making files, which more threads don't make faster. */
    private static final int THREADS = 4;

    private NestedPackages() {}

    /** The folder of {@code lib} and {@code home}: {@code python} itself, or where the archive in it was unpacked. */
    static Path folder(Path python, Path workFolder, Log log) throws BootFailure {
        try {
            Path archive = archive(python);
            return archive == null ? python : unpacked(archive, workFolder, log);
        } catch (IOException e) {
            throw new BootFailure("the WAR's packages can't be unpacked to `" + workFolder + "` (`djwar.work-dir`): " + e, e);
        }
    }

    private static Path archive(Path python) throws IOException {
        if (!Files.isDirectory(python)) {
            return null;
        }
        try (Stream<Path> files = Files.list(python)) {
            return files.filter(file -> startsWith(file, PREFIX) && file.toString().endsWith(ENDING)).findFirst().orElse(null);
        }
    }

    private static boolean startsWith(Path file, String start) {
        return file.getFileName().toString().startsWith(start);
    }

    private static Path unpacked(Path archive, Path workFolder, Log log) throws IOException {
        String name = archive.getFileName().toString();
        Path target = workFolder.resolve(name.substring(0, name.length() - ENDING.length()));
        if (Files.isDirectory(target)) {
            return target;
        }
        removeOthers(workFolder, target);
        long start = System.nanoTime();
        Path part = Files.createTempDirectory(workFolder, UNFINISHED);
        int count;
        try {
            count = unpack(archive, part);
            Files.move(part, target);
        } catch (IOException e) {
            Deployment.remove(part);
            if (Files.isDirectory(target)) {
                // Another deployment in the same folder was faster.
                return target;
            }
            throw e;
        }
        log.info("unpacked " + count + " files of packages to `" + target + "` in " + (System.nanoTime() - start) / 1_000_000 + " ms");
        return target;
    }

    private static int unpack(Path archive, Path target) throws IOException {
        int threads = Math.min(THREADS, Runtime.getRuntime().availableProcessors());
        ExecutorService service = Executors.newFixedThreadPool(threads);
        try (ZipFile zip = new ZipFile(archive.toFile())) {
            List<? extends ZipEntry> entries = Collections.list(zip.entries());
            makeFolders(entries, target);
            AtomicInteger next = new AtomicInteger();
            List<Future<Void>> running = Stream.generate(() -> service.<Void>submit(() -> {
                for (int at = next.getAndIncrement(); at < entries.size(); at = next.getAndIncrement()) {
                    unpack(zip, entries.get(at), target);
                }
                return null;
            })).limit(threads).toList();
            for (Future<Void> one : running) {
                one.get();
            }
            return entries.size();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while unpacking", e);
        } finally {
            // The container must not find them when it looks for threads that an application left.
            service.shutdownNow();
        }
    }

    private static void makeFolders(List<? extends ZipEntry> entries, Path target) throws IOException {
        TreeSet<Path> folders = new TreeSet<>();
        for (ZipEntry entry : entries) {
            folders.add(inside(target, entry).getParent());
        }
        for (Path folder : folders) {
            Files.createDirectories(folder);
        }
    }

    private static void unpack(ZipFile zip, ZipEntry entry, Path target) throws IOException {
        Path file = inside(target, entry);
        try (InputStream stream = zip.getInputStream(entry);
                var out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            stream.transferTo(out);
        }
        // All the same: byte code that is older than its source would be made again at each start.
        Files.setLastModifiedTime(file, Deployment.COPIED);
    }

    private static Path inside(Path target, ZipEntry entry) throws IOException {
        Path file = target.resolve(entry.getName()).normalize();
        if (entry.isDirectory() || !file.startsWith(target) || file.equals(target)) {
            throw new IOException("`" + entry.getName() + "` leads out of its folder");
        }
        return file;
    }

    /** What earlier deployments left, whole or not. */
    private static void removeOthers(Path workFolder, Path target) throws IOException {
        List<Path> old;
        try (Stream<Path> files = Files.list(workFolder)) {
            old = files.filter(file -> (startsWith(file, PREFIX) || startsWith(file, UNFINISHED)) && !file.equals(target)).toList();
        }
        for (Path path : old) {
            Deployment.remove(path);
        }
    }
}
