package org.djwar.runtime.cpython;

/** How the engine's threads are made. */
final class Threads {
    private Threads() {}

    /** A daemon thread of the application: its class loader is the one by which the container sorts log records. */
    static Thread daemon(String name, Runnable task) {
        Thread thread = new Thread(null, task, name, 0, false);
        thread.setDaemon(true);
        thread.setContextClassLoader(Threads.class.getClassLoader());
        return thread;
    }
}
