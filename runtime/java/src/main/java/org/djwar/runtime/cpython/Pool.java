package org.djwar.runtime.cpython;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.djwar.runtime.Engine;

/**
 * The idle connections and the requests that wait for one. A freed connection goes straight to the request that waited longest
 * (LIFO had two and a half times the p99); a new request gets a connection of the process with the fewest busy ones, because
 * threads of one process share its interpreter lock.
 */
final class Pool {
    private final Object lock = new Object();
    private final List<Worker> workers = new ArrayList<>();
    private final List<Connection> connections = new ArrayList<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private int busy;
    private boolean isClosed;

    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        volatile Connection connection;
        volatile boolean isRefused;
    }

    /** Takes a connection, waiting up to {@code nanos}; null when none came, or the pool is closed. */
    Connection take(long nanos) {
        Waiter waiter;
        synchronized (lock) {
            if (isClosed) {
                return null;
            }
            Connection connection = waiters.isEmpty() ? leastBusy() : null;
            if (connection != null) {
                return connection;
            }
            waiter = new Waiter();
            waiters.addLast(waiter);
        }
        return await(waiter, System.nanoTime() + nanos);
    }

    private Connection await(Waiter waiter, long deadline) {
        while (waiter.connection == null && !waiter.isRefused) {
            long left = deadline - System.nanoTime();
            if (left <= 0 || Thread.currentThread().isInterrupted()) {
                synchronized (lock) {
                    waiters.remove(waiter);
                }
                break;
            }
            LockSupport.parkNanos(this, left);
        }
        return waiter.connection;
    }

    private Connection leastBusy() {
        Worker best = null;
        for (int i = 0; i < workers.size(); i++) {
            Worker worker = workers.get(i);
            if (!worker.idle.isEmpty() && (best == null || worker.busy < best.busy)) {
                best = worker;
            }
        }
        if (best == null) {
            return null;
        }
        best.busy++;
        busy++;
        return best.idle.pollFirst();
    }

    /** Makes a worker known, so that its connections may come. */
    void add(Worker worker) {
        synchronized (lock) {
            workers.add(worker);
        }
    }

    /** Takes in a new connection of its worker; false when it is not wanted any more. */
    boolean add(Connection connection) {
        Waiter waiter;
        synchronized (lock) {
            Worker worker = connection.worker;
            if (worker.isRetiring || worker.isGone) {
                return false;
            }
            worker.connections++;
            worker.hasConnected = true;
            worker.byThread.put(connection.thread, connection);
            worker.absentSince.remove(connection.thread);
            connections.add(connection);
            waiter = offer(connection);
        }
        wake(waiter);
        return true;
    }

    /** The connection is idle again; true when its worker has served long enough. */
    boolean release(Connection connection) {
        Waiter waiter = null;
        boolean isWornOut;
        boolean isUnwanted;
        synchronized (lock) {
            Worker worker = connection.worker;
            worker.busy--;
            busy--;
            worker.served++;
            isWornOut = worker.served >= worker.lifetime && !worker.isRetiring;
            isUnwanted = worker.isRetiring || worker.isGone;
            if (isUnwanted) {
                remove(connection);
            } else {
                waiter = offer(connection);
            }
            signalWhenQuiet();
        }
        if (isUnwanted) {
            connection.retire();
        }
        wake(waiter);
        return isWornOut;
    }

    /** The connection was taken and is of no use any more. */
    void discard(Connection connection) {
        synchronized (lock) {
            connection.worker.busy--;
            busy--;
            remove(connection);
            signalWhenQuiet();
        }
        connection.close();
    }

    private Waiter offer(Connection connection) {
        Waiter waiter = waiters.pollFirst();
        if (waiter == null) {
            connection.worker.idle.addFirst(connection);
        } else {
            connection.worker.busy++;
            busy++;
            waiter.connection = connection;
        }
        return waiter;
    }

    private void remove(Connection connection) {
        Worker worker = connection.worker;
        connections.remove(connection);
        worker.connections--;
        // A thread that broke off by itself may be back before the end of its old connection is noticed here.
        if (worker.byThread.remove(connection.thread, connection)) {
            worker.absentSince.put(connection.thread, System.nanoTime());
        }
        if (worker.isRetiring && worker.connections == 0) {
            worker.retiredAt = System.nanoTime();
        }
    }

    private void signalWhenQuiet() {
        if (isClosed && busy == 0) {
            lock.notifyAll();
        }
    }

    private static void wake(Waiter waiter) {
        if (waiter != null) {
            LockSupport.unpark(waiter.thread);
        }
    }

    /** Gives a worker no new request, and closes its connections as they become idle. */
    void retire(Worker worker) {
        List<Connection> idle;
        synchronized (lock) {
            worker.isRetiring = true;
            idle = takeIdle(worker);
            if (worker.connections == 0) {
                worker.retiredAt = System.nanoTime();
            }
        }
        idle.forEach(Connection::retire);
    }

    /** The worker's process has ended; requests which it was serving meet EOF by themselves. */
    void forget(Worker worker) {
        List<Connection> idle;
        synchronized (lock) {
            worker.isGone = true;
            workers.remove(worker);
            idle = takeIdle(worker);
        }
        idle.forEach(Connection::close);
    }

    /**
     * The worker has broken off without an answer, and its other threads probably are as dead: no request may meet them. Threads
     * that do live connect anew.
     */
    void withdraw(Worker worker) {
        List<Connection> idle;
        synchronized (lock) {
            idle = takeIdle(worker);
        }
        idle.forEach(Connection::close);
    }

    /** Kills a worker; from now on no request meets it. False when it has been killed before. */
    boolean kill(Worker worker) {
        List<Connection> idle;
        boolean isFirst;
        synchronized (lock) {
            isFirst = !worker.isGone;
            worker.isGone = true;
            idle = takeIdle(worker);
        }
        worker.kill();
        idle.forEach(Connection::close);
        return isFirst;
    }

    private List<Connection> takeIdle(Worker worker) {
        List<Connection> idle = new ArrayList<>(worker.idle);
        worker.idle.clear();
        idle.forEach(this::remove);
        return idle;
    }

    /** Refuses new and waiting requests, and waits up to {@code nanos} for those being served. */
    void close(long nanos) throws InterruptedException {
        synchronized (lock) {
            isClosed = true;
            for (Waiter waiter : waiters) {
                waiter.isRefused = true;
                wake(waiter);
            }
            waiters.clear();
            long deadline = System.nanoTime() + nanos;
            for (long left = nanos; busy > 0 && left > 0; left = deadline - System.nanoTime()) {
                lock.wait(left / 1_000_000 + 1);
            }
        }
    }

    /** Kills the workers that have been silent for too long. */
    void checkDeadlines() {
        List<Connection> all;
        synchronized (lock) {
            all = List.copyOf(connections);
        }
        long now = System.nanoTime();
        for (Connection connection : all) {
            if (connection.hasRunOut(now)) {
                kill(connection.worker);
            }
        }
    }

    /** The streamed responses whose clients are slow, each once. */
    List<Overflow> slowResponses(long now) {
        synchronized (lock) {
            return connections.stream().map(connection -> connection.overflow)
                    .filter(overflow -> overflow != null && overflow.isDue(now)).toList();
        }
    }

    /** Whether a worker's thread has been without a connection for longer than {@code nanos}. */
    boolean hasLostThread(Worker worker, long now, long nanos) {
        synchronized (lock) {
            return worker.absentSince.values().stream().anyMatch(since -> now - since > nanos);
        }
    }

    /** Whether a worker has had a connection at all. */
    boolean hasConnected(Worker worker) {
        synchronized (lock) {
            return worker.hasConnected;
        }
    }

    /** How many connections a worker has. */
    int connections(Worker worker) {
        synchronized (lock) {
            return worker.connections;
        }
    }

    Engine.Status status() {
        synchronized (lock) {
            int processes = (int) workers.stream().filter(worker -> worker.connections > 0).count();
            return new Engine.Status(processes, connections.size(), busy, waiters.size());
        }
    }
}
