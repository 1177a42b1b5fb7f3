package org.djwar.runtime.cpython;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Log;

/**
 * Keeps the wanted number of workers alive: starts the parent again when it dies, replaces dead workers, and worn-out ones when
 * their replacement is warm.
 */
final class Supervisor implements Parent.Listener, Acceptor.Listener {
    /** How long the parent may take to notice that a worker has ended. */
    private static final long REAPING = TimeUnit.SECONDS.toNanos(10);

    private final Parent.Factory parents;
    private final String interpreter;
    private final Limits limits;
    private final Pool pool;
    private final Log log;
    private final Map<Integer, Worker> workers = new LinkedHashMap<>();
    private final Deque<Worker> worn = new ArrayDeque<>();
    private final Backoff workerBackoff = new Backoff();
    private final Backoff parentBackoff = new Backoff();
    private Map<String, Object> settings;
    private Parent parent;
    private boolean isParentReady;
    private boolean isParentDown;
    private boolean isParentKilled;
    private boolean hasServed;
    private boolean isStopping;
    private int lastNumber;
    private long spawnedAt;
    private BootFailure failure;
    private String failureLogged = "";

    Supervisor(Parent.Factory parents, String interpreter, Limits limits, Pool pool, Log log) {
        this.parents = parents;
        this.interpreter = interpreter;
        this.limits = limits;
        this.pool = pool;
        this.log = log;
    }

    /** Starts the parent and waits for the first worker. */
    synchronized void start(Map<String, Object> complete) throws BootFailure, InterruptedException {
        settings = complete;
        spawn();
        long deadline = System.nanoTime() + limits.start();
        while (!hasServed && failure == null) {
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new BootFailure("the project was not imported within " + TimeUnit.NANOSECONDS.toSeconds(limits.start())
                        + " seconds (`djwar.start-timeout`)");
            }
            wait(left / 1_000_000 + 1);
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void spawn() {
        isParentDown = false;
        isParentKilled = false;
        isParentReady = false;
        spawnedAt = System.nanoTime();
        parent = parents.make(settings, this);
        parent.start();
    }

    @Override
    public synchronized void event(Map<String, Object> event) {
        switch (String.valueOf(event.get("event"))) {
            case "ready" -> {
                log.info("Python " + event.get("python") + ", Django " + event.get("django") + ": project imported in "
                        + event.get("import_seconds") + " s");
                isParentReady = true;
                parent.started();
                balance();
            }
            case "failed" -> failed(event);
            case "forked" -> {
                Worker worker = workers.get(number(event));
                if (worker != null) {
                    identify(worker, ((Double) event.get("pid")).longValue());
                }
            }
            case "exited" -> exited(number(event), event.get("status") instanceof Double status ? status.intValue() : -1);
            default -> log.debug("unknown event: " + event);
        }
    }

    private void failed(Map<String, Object> event) {
        String traceback = String.valueOf(event.get("traceback"));
        String known = StartTrouble.explain(traceback, interpreter);
        boolean isDebug = Boolean.TRUE.equals(event.get("debug"));
        failure = known == null ? new BootFailure("the project can't be imported", traceback, isDebug) : new BootFailure(known);
        // Once: a parent that is started again and again would fill the log with the same.
        if (hasServed && !traceback.equals(failureLogged)) {
            log.error("the project can't be imported again:\n" + traceback, null);
            failureLogged = traceback;
        }
        notifyAll();
    }

    private static int number(Map<String, Object> event) {
        return ((Double) event.get("worker")).intValue();
    }

    private static void identify(Worker worker, long pid) {
        if (worker.process == null) {
            worker.process = ProcessHandle.of(pid).orElse(null);
        }
    }

    private void exited(int number, int status) {
        Worker worker = workers.remove(number);
        if (worker == null) {
            return;
        }
        pool.forget(worker);
        if (worker.replaces != null) {
            worker.replaces.replacement = null;
        }
        if (worker.replacement != null) {
            worker.replacement.replaces = null;
        }
        if (!worker.isRetiring && !isStopping) {
            log.warning("worker " + number + " ended with status " + status + "; another takes its place");
            workerBackoff.failed(System.nanoTime() - worker.forkedAt);
        }
        notifyAll();
        balance();
    }

    @Override
    public synchronized void ended(String how) {
        List<Worker> left = new ArrayList<>(workers.values());
        workers.clear();
        for (Worker worker : left) {
            worker.kill();
            pool.forget(worker);
        }
        isParentReady = false;
        isParentDown = true;
        if (!hasServed && failure == null) {
            failure = new BootFailure(how);
        } else if (hasServed && !isStopping) {
            log.warning("the parent process has gone (" + how + "); starting another");
            parentBackoff.failed(System.nanoTime() - spawnedAt);
        }
        notifyAll();
    }

    /** Forks what is missing. Workers that end soon, and replacements of those that still serve, don't count. */
    private void balance() {
        if (!isParentReady || isStopping || !workerBackoff.isOver()) {
            return;
        }
        long serving = workers.values().stream().filter(worker -> !worker.isRetiring && worker.replaces == null).count();
        for (long i = serving; i < limits.processes(); i++) {
            fork();
        }
    }

    private Worker fork() {
        Worker worker = new Worker(++lastNumber, limits.lifetime());
        workers.put(worker.number, worker);
        pool.add(worker);
        parent.send("fork " + worker.number);
        return worker;
    }

    @Override
    public synchronized boolean connected(Connection connection, int number, long pid, int thread) {
        Worker worker = workers.get(number);
        if (worker == null || isStopping) {
            return false;
        }
        identify(worker, pid);
        connection.worker = worker;
        connection.thread = thread;
        if (!pool.add(connection)) {
            return false;
        }
        hasServed = true;
        failure = null;
        Worker old = worker.replaces;
        if (old != null && pool.connections(worker) >= limits.threads()) {
            worker.replaces = null;
            pool.retire(old);
        }
        notifyAll();
        return true;
    }

    /** A worker has served its share, or lost a thread: its replacement is forked first. False when that can't be now. */
    synchronized boolean replace(Worker old) {
        boolean canBe = workers.get(old.number) == old && old.replacement == null && !isStopping && isParentReady;
        if (!canBe || old.isRetiring || !workerBackoff.isOver()) {
            return false;
        }
        Worker fresh = fork();
        fresh.replaces = old;
        old.replacement = fresh;
        log.debug("worker " + old.number + " is to go, worker " + fresh.number + " replaces it");
        return true;
    }

    /** Workers that were forked in the place of others. */
    synchronized long restarts() {
        return Math.max(0, lastNumber - limits.processes());
    }

    /** Replaces all workers that serve now, one after another. */
    synchronized void recycle() {
        worn.clear();
        workers.values().stream().filter(worker -> !worker.isRetiring && worker.replaces == null).forEach(worn::add);
        recycleNext();
    }

    /** The next one when no replacement is on its way: a site of two workers never has none. */
    private void recycleNext() {
        boolean isBusy = workers.values().stream().anyMatch(worker -> worker.replaces != null);
        while (!isBusy && !worn.isEmpty()) {
            Worker next = worn.peek();
            boolean isGone = workers.get(next.number) != next || next.isRetiring;
            isBusy = !isGone && replace(next);
            if (!isGone && !isBusy) {
                // Not now: a worker has just died, or the parent. The next tick tries again.
                return;
            }
            worn.remove();
        }
    }

    /** Has the stacks of all Python threads written into the log. */
    synchronized void dumpThreads() {
        if (isParentReady && !isStopping) {
            parent.send("dump");
        }
    }

    /** What is due by time; called a few times a second. */
    synchronized void tick(long now) {
        if (isStopping) {
            return;
        }
        if (isParentDown && hasServed && parentBackoff.isOver()) {
            spawn();
        }
        balance();
        recycleNext();
        checkParent(now);
        for (Worker worker : List.copyOf(workers.values())) {
            check(worker, now);
        }
    }

    /** The first start has its own end of waiting; a later one that hangs in an import would leave the site without workers. */
    private void checkParent(long now) {
        if (hasServed && !isParentReady && now - spawnedAt > limits.start()) {
            killParent("the project was not imported again within " + TimeUnit.NANOSECONDS.toSeconds(limits.start())
                    + " seconds (`djwar.start-timeout`)");
        }
    }

    private void killParent(String why) {
        if (!isParentKilled && !isParentDown) {
            isParentKilled = true;
            log.error(why + ": the parent process is killed, and another started", null);
            parent.kill();
        }
    }

    private void check(Worker worker, long now) {
        if (worker.killedAt == 0 && pool.connections(worker) == 0 && worker.isDead()) {
            worker.killedAt = now | 1;
        }
        if (worker.killedAt != 0 && now - worker.killedAt > Math.min(limits.start(), REAPING)) {
            // It is the parent that reaps; until then the worker counts, and no other takes its place.
            killParent("the parent does not report that worker " + worker.number + " has ended");
            return;
        }
        boolean isStuckAtStart = !pool.hasConnected(worker) && !worker.isRetiring && now - worker.forkedAt > limits.start();
        boolean isStuckAtEnd = worker.retiredAt != 0 && now - worker.retiredAt > limits.stop();
        if (isStuckAtStart || isStuckAtEnd) {
            if (isStuckAtStart && worker.process == null) {
                killParent("worker " + worker.number + " was not forked within `djwar.start-timeout`");
            } else if (pool.kill(worker)) {
                log.warning("worker " + worker.number + (isStuckAtStart ? " does not start" : " does not end") + ": killed");
            }
        } else if (limits.request() != 0 && pool.hasLostThread(worker, now, limits.request()) && replace(worker)) {
            log.warning("a thread of worker " + worker.number + " still works on a request whose client left more than "
                    + TimeUnit.NANOSECONDS.toSeconds(limits.request()) + " seconds ago (`djwar.request-timeout`): the worker is replaced");
        }
    }

    /** Ends the workers kindly; the parent's end takes those that stay. Requests have been drained by the pool already. */
    synchronized void endWorkers() throws InterruptedException {
        isStopping = true;
        workers.values().forEach(pool::retire);
        long deadline = System.nanoTime() + Math.min(limits.stop(), TimeUnit.SECONDS.toNanos(5));
        for (long left = 1; !workers.isEmpty() && left > 0; left = deadline - System.nanoTime()) {
            wait(Math.max(1, (deadline - System.nanoTime()) / 1_000_000));
        }
    }

    /** Ends the parent: first kindly, then not. */
    void endParent() throws InterruptedException {
        Parent last;
        synchronized (this) {
            isStopping = true;
            last = parent;
        }
        if (last == null) {
            return;
        }
        boolean hasEnded = false;
        try {
            last.send("stop");
            hasEnded = last.await(TimeUnit.SECONDS.toNanos(5));
        } finally {
            if (!hasEnded) {
                log.warning("the parent process does not end: killed");
                last.kill();
            }
        }
        last.join(3000);
    }
}
