package org.djwar.runtime.jython;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An application that has been stopped is nobody's any more: each one has a class loader of its own, as in a container. */
@Timeout(300)
class UndeployTest {
    private static final int CYCLES = 2;

    @TempDir
    Path folder;

    private final ServerSocket listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());

    UndeployTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        listening.close();
    }

    @Test
    void nothingKeepsAStoppedApplication() throws Exception {
        // What leaves something behind: sockets (Netty), TLS (BouncyCastle), a signal's handler, thread locals, files, Java classes.
        Files.writeString(folder.resolve("app.py"), """
                import socket, ssl, signal, subprocess, threading, weakref
                from java.util import ArrayList
                local = threading.local()
                def application(environ, start_response):
                    start_response('200 OK', [])
                    local.values = [object()]
                    class Cycle(object):
                        pass
                    cycle = Cycle()
                    cycle.own = weakref.ref(cycle)
                    ArrayList().add(cycle)
                    socket.create_connection(('127.0.0.1', PORT), 5).close()
                    ssl.create_default_context()
                    thread = threading.Thread(target=lambda: None)
                    thread.start()
                    thread.join()
                    open('kept', 'w').write('x')
                    return ['hi']
                """.replace("PORT", Integer.toString(listening.getLocalPort())));
        // The container's: it outlives the applications.
        ThreadPoolExecutor container = (ThreadPoolExecutor) Executors.newFixedThreadPool(2);
        // Jython's jffi also asks the system's class loader, which has a jffi here and none in a container. Its failure to find its native part stays there
        // for good, with the classes that were running: not those of an application.
        Class.forName("com.kenai.jffi.internal.StubLoader", true, ClassLoader.getSystemClassLoader());
        // Now, so that none inherits an application's context class loader.
        container.prestartAllCoreThreads();
        List<WeakReference<ClassLoader>> loaders = new ArrayList<>();
        Set<String> before = threads();
        try {
            for (int cycle = 0; cycle < CYCLES; cycle++) {
                loaders.add(container.submit(() -> cycle(container)).get());
            }
            for (WeakReference<ClassLoader> loader : loaders) {
                // Netty takes its time to end its threads.
                for (int i = 0; i < 600 && loader.get() != null; i++) {
                    System.gc();
                    Thread.sleep(50);
                }
                assertNull(loader.get(), "the class loader of a stopped application is still reachable");
            }
            Set<String> left = threads();
            left.removeAll(before);
            left.removeIf(name -> name.startsWith("pool-"));
            assertEquals(Set.of(), left, "threads of stopped applications");
        } finally {
            container.shutdownNow();
        }
    }

    private WeakReference<ClassLoader> cycle(ExecutorService container) throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        URLClassLoader loader = new URLClassLoader(urls.toArray(URL[]::new), ClassLoader.getPlatformClassLoader());
        ClassLoader own = Thread.currentThread().getContextClassLoader();
        Thread.currentThread().setContextClassLoader(loader);
        try (loader) {
            @SuppressWarnings("unchecked")
            Callable<String> request = (Callable<String>) loader.loadClass(Deployed.class.getName())
                    .getDeclaredConstructor(Path.class).newInstance(folder);
            assertEquals("hi", request.call());
            assertEquals("hi", container.submit(request).get(), "on another thread of the container");
            ((AutoCloseable) request).close();
        } finally {
            Thread.currentThread().setContextClassLoader(own);
        }
        return new WeakReference<>(loader);
    }

    private static Set<String> threads() {
        Set<String> names = new TreeSet<>();
        Thread.getAllStackTraces().keySet().forEach(thread -> names.add(thread.getName()));
        assertTrue(names.size() > 1);
        return names;
    }
}
