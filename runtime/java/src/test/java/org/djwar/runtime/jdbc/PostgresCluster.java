package org.djwar.runtime.jdbc;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A PostgreSQL of the tests' own, in a temporary folder, on a free port; as the user postgres when root runs them. */
final class PostgresCluster implements AutoCloseable {
    static final String USER = "tester";
    static final String PASSWORD = "p@ss w/rd%";
    private static final long START_LIMIT_SECONDS = 60;

    private final Path folder;
    private final Process server;
    private final int port;

    private PostgresCluster(Path folder, Process server, int port) {
        this.folder = folder;
        this.server = server;
        this.port = port;
    }

    /** The folder of Debian's programs; null when there is no server here. */
    static Path programs() throws IOException {
        Path root = Path.of("/usr/lib/postgresql");
        if (!Files.isDirectory(root)) {
            return null;
        }
        try (Stream<Path> versions = Files.list(root)) {
            return versions.map(version -> version.resolve("bin")).filter(bin -> Files.isExecutable(bin.resolve("initdb")))
                    .max(Comparator.naturalOrder()).orElse(null);
        }
    }

    static PostgresCluster start(Path programs) throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("djwar-pg-");
        try {
            Path password = Files.writeString(folder.resolve("password"), PASSWORD);
            if (isRoot()) {
                finish(new ProcessBuilder("chown", "-R", "postgres", folder.toString()));
            }
            finish(asOwner(programs.resolve("initdb").toString(), "-D", folder.resolve("data").toString(), "-U", USER, "--pwfile",
                    password.toString(), "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"));
            for (int attempt = 0; attempt < 5; attempt++) {
                int port = freePort();
                Process server = asOwner(programs.resolve("postgres").toString(), "-D", folder.resolve("data").toString(), "-p",
                        Integer.toString(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off")
                        .redirectOutput(folder.resolve("log").toFile()).start();
                if (listens(server, port)) {
                    return new PostgresCluster(folder, server, port);
                }
                server.destroyForcibly().waitFor();
            }
            throw new IOException("PostgreSQL does not start: " + Files.readString(folder.resolve("log")));
        } catch (IOException | InterruptedException | RuntimeException e) {
            remove(folder);
            throw e;
        }
    }

    int port() {
        return port;
    }

    @Override
    public void close() throws IOException {
        // SIGTERM lets sessions end by themselves; the tests have closed theirs.
        server.destroy();
        try {
            if (!server.waitFor(20, TimeUnit.SECONDS)) {
                server.descendants().forEach(ProcessHandle::destroyForcibly);
                server.destroyForcibly();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        remove(folder);
    }

    private static boolean isRoot() {
        return "root".equals(System.getProperty("user.name"));
    }

    /** PostgreSQL refuses root. */
    private static ProcessBuilder asOwner(String... line) {
        List<String> command = new ArrayList<>();
        if (isRoot()) {
            command.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"));
        }
        command.addAll(List.of(line));
        return new ProcessBuilder(command).directory(new File("/")).redirectErrorStream(true);
    }

    private static void finish(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(builder.command() + ": " + said);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static boolean listens(Process server, int port) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_LIMIT_SECONDS);
        while (server.isAlive() && System.nanoTime() < end) {
            try {
                new Socket(InetAddress.getLoopbackAddress(), port).close();
                return true;
            } catch (IOException e) {
                server.waitFor(20, TimeUnit.MILLISECONDS);
            }
        }
        return false;
    }

    private static void remove(Path folder) throws IOException {
        try (Stream<Path> paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
