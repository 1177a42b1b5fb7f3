package org.djwar.runtime;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.ObjectName;

/** What operators see and do while an application runs: health, counters over JMX, an access log, recycling. */
final class Operations implements ApplicationMXBean {
    private static final int MOST_NAMESAKES = 100;
    private static final long LOOK = 500;

    private final String name;
    private final Log log;
    private final Log access;
    private final String healthPath;
    private final String recycleFile;
    private final LongAdder requests = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final Latencies latencies = new Latencies();
    private volatile Engine engine;
    private volatile String state = "starting";
    private ObjectName registered;
    private Thread watcher;

    Operations(String name, Parameters parameters, Log log) {
        this.name = name;
        this.log = log;
        this.access = parameters.isSet("djwar.access-log") ? new Log(name + ".access", "info") : null;
        String health = parameters.text("djwar.health-path");
        this.healthPath = health.isEmpty() || health.startsWith("/") ? health : "/" + health;
        this.recycleFile = parameters.text("djwar.recycle-file");
    }

    /** The engine serves. */
    void serves(Engine serving) {
        engine = serving;
        state = "serving";
        if (!recycleFile.isEmpty()) {
            watcher = new Thread(this::watch, "djwar-" + name + "-recycle-file");
            watcher.setDaemon(true);
            watcher.start();
        }
    }

    /** It could not be started. */
    void failed(String why) {
        state = why;
    }

    /** Shows it over JMX. Of two applications of the same name (virtual hosts), the second gets a number. */
    void register() {
        for (int i = 1; i <= MOST_NAMESAKES && registered == null; i++) {
            try {
                ObjectName candidate = new ObjectName("org.djwar:type=Application,name=" + ObjectName.quote(name)
                        + (i == 1 ? "" : ",instance=" + i));
                ManagementFactory.getPlatformMBeanServer().registerMBean(this, candidate);
                registered = candidate;
            } catch (InstanceAlreadyExistsException e) {
                continue;
            } catch (JMException | SecurityException e) {
                log.warning("no JMX bean: " + e);
                return;
            }
        }
    }

    /** Takes everything back, so that the application's classes can go. */
    void close() {
        engine = null;
        state = "stopped";
        if (watcher != null) {
            watcher.interrupt();
            try {
                watcher.join(2000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        if (registered != null) {
            try {
                ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered);
            } catch (JMException e) {
                log.warning("the JMX bean stays: " + e);
            }
            registered = null;
        }
    }

    /** The times of a request, when they are to be logged; else null. */
    Timing timing() {
        return access == null ? null : new Timing();
    }

    /** A request has ended; {@code status} 0: it broke off. */
    void count(Exchange exchange, Timing timing, long nanos, int status) {
        requests.increment();
        latencies.add(nanos);
        if (status == 0 || status >= 500) {
            errors.increment();
        }
        if (timing != null) {
            access.info(exchange.remoteAddress() + " \"" + exchange.method() + " " + printable(exchange.requestUri()) + "\" " + status
                    + " " + String.format(java.util.Locale.ROOT, "%.1f", nanos / 1e6) + " ms, worker " + timing.describe());
        }
    }

    /** A client's text must not write lines of its own. */
    private static String printable(String text) {
        StringBuilder out = new StringBuilder(text.length());
        for (char c : text.toCharArray()) {
            out.append(c < ' ' || c == 0x7F || c == '"' ? '?' : c);
        }
        return out.toString();
    }

    /** Answers a question about the application's health; false when it is none. */
    boolean answersHealth(Exchange exchange) throws IOException {
        if (healthPath.isEmpty()) {
            return false;
        }
        String path = exchange.containerPath();
        if (!path.startsWith(healthPath)) {
            return false;
        }
        String rest = path.substring(healthPath.length());
        boolean isLiveness = rest.equals("/live");
        if (!isLiveness && !rest.isEmpty() && !rest.equals("/ready")) {
            return false;
        }
        Engine.Status status = status();
        boolean isReady = engine != null && status.capacity() > 0;
        String text = "{\"status\":\"" + (isReady || isLiveness ? "up" : "down") + "\",\"live\":true,\"ready\":" + isReady
                + ",\"processes\":" + status.processes() + ",\"capacity\":" + status.capacity()
                + ",\"busy\":" + status.busy() + ",\"queued\":" + status.queued() + "}\n";
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        exchange.status(isReady || isLiveness ? 200 : 503);
        exchange.addHeader("Content-Type", "application/json");
        exchange.addHeader("Cache-Control", "no-store");
        exchange.contentLength(body.length);
        if (!exchange.method().equals("HEAD")) {
            exchange.output().write(body);
        }
        return true;
    }

    private void watch() {
        Path file = Path.of(recycleFile.replace("{name}", name));
        long last = modified(file);
        while (!Thread.currentThread().isInterrupted()) {
            try {
                Thread.sleep(LOOK);
            } catch (InterruptedException e) {
                return;
            }
            long now = modified(file);
            if (now != last && now != 0) {
                log.info("`" + file + "` was touched");
                recycle();
            }
            last = now;
        }
    }

    private static long modified(Path file) {
        try {
            return Files.getLastModifiedTime(file).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    private Engine.Status status() {
        Engine current = engine;
        return current == null ? new Engine.Status(0, 0, 0, 0) : current.status();
    }

    @Override
    public String getState() {
        return state;
    }

    @Override
    public int getProcesses() {
        return status().processes();
    }

    @Override
    public int getCapacity() {
        return status().capacity();
    }

    @Override
    public int getBusy() {
        return status().busy();
    }

    @Override
    public int getQueued() {
        return status().queued();
    }

    @Override
    public long getRestarts() {
        Engine current = engine;
        return current == null ? 0 : current.restarts();
    }

    @Override
    public long getRequests() {
        return requests.sum();
    }

    @Override
    public long getErrors() {
        return errors.sum();
    }

    @Override
    public double getLatencyP50() {
        return latencies.percentile(0.5);
    }

    @Override
    public double getLatencyP95() {
        return latencies.percentile(0.95);
    }

    @Override
    public double getLatencyP99() {
        return latencies.percentile(0.99);
    }

    @Override
    public String getLogLevel() {
        return log.level();
    }

    @Override
    public void setLogLevel(String level) {
        log.level(level);
    }

    @Override
    public void recycle() {
        Engine current = engine;
        if (current != null) {
            log.info(current.recycle() ? "all workers are replaced, one after another" : "this engine has no workers to replace");
        }
    }

    @Override
    public void dumpThreads() {
        Engine current = engine;
        if (current != null && !current.dumpThreads()) {
            log.info("Python's threads are the JVM's: its own thread dump shows them");
        }
    }
}
