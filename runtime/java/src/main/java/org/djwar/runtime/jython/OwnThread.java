package org.djwar.runtime.jython;

import org.djwar.runtime.BootFailure;

/**
 * Runs the start and the end on a thread which ends with them: what Python's libraries leave on it (thread locals of Netty, of BouncyCastle, a
 * new name) must not stay on one of the container's, which outlive the application.
 */
final class OwnThread {
    /** What is run. */
    interface Work {
        void run() throws BootFailure;
    }

    private OwnThread() {}

    /** Runs it and waits; its failure is thrown here. */
    static void run(Work work) throws BootFailure, InterruptedException {
        Throwable[] failure = new Throwable[1];
        // It inherits this thread's context class loader, and with it the application's `java:comp/env` in most containers.
        Thread thread = new Thread(() -> {
            try {
                work.run();
            } catch (BootFailure | RuntimeException | Error e) {
                failure[0] = e;
            }
        }, "djwar-jython");
        thread.setDaemon(true);
        thread.start();
        thread.join();
        if (failure[0] instanceof BootFailure e) {
            throw e;
        }
        if (failure[0] instanceof RuntimeException e) {
            throw e;
        }
        if (failure[0] instanceof Error e) {
            throw e;
        }
    }
}
