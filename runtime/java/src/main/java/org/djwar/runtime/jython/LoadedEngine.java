package org.djwar.runtime.jython;

import java.io.IOException;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Engine;
import org.djwar.runtime.Log;
import org.djwar.runtime.Request;

/** An engine whose classes a {@link JarLoader} loads: what asks a thread for its class loader (JDBC drivers, JNDI, Jython) is given that one. */
final class LoadedEngine implements Engine {
    private final Engine engine;
    private final JarLoader loader;
    private final Log log;

    LoadedEngine(Engine engine, JarLoader loader, Log log) {
        this.engine = engine;
        this.loader = loader;
        this.log = log;
    }

    @Override
    public void start() throws BootFailure, InterruptedException {
        ClassLoader container = enter();
        try {
            engine.start();
        } finally {
            leave(container);
        }
    }

    @Override
    public void handle(Request request) throws IOException {
        ClassLoader container = enter();
        try {
            engine.handle(request);
        } finally {
            leave(container);
        }
    }

    @Override
    public void stop() {
        ClassLoader container = enter();
        try {
            engine.stop();
        } finally {
            leave(container);
            try {
                loader.close();
            } catch (IOException e) {
                log.warning("the copies of the WAR's jars can't be closed: " + e);
            }
        }
    }

    private ClassLoader enter() {
        Thread thread = Thread.currentThread();
        ClassLoader container = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        return container;
    }

    private static void leave(ClassLoader container) {
        Thread.currentThread().setContextClassLoader(container);
    }

    @Override
    public Status status() {
        return engine.status();
    }
}
