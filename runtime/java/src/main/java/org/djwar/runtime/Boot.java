package org.djwar.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.djwar.runtime.cpython.CpythonBoot;
import org.djwar.runtime.jython.JythonBoot;

/** Brings the parts together: parameters, files, engine, dispatcher. */
final class Boot {
    private final Container container;
    private final Parameters parameters;
    private final String name;
    private final Log log;
    private ProjectCopy copy;
    private Path project;

    Boot(Container container, Parameters parameters, String name, Log log) {
        this.container = container;
        this.parameters = parameters;
        this.name = name;
        this.log = log;
    }

    /** Prepares the files and makes the dispatcher with an engine that has not been started. */
    Dispatcher prepare() throws BootFailure {
        Site.EngineMaker maker = maker();
        Path work = workFolder();
        Places places = Places.find(container, parameters, work, log);
        project = places.application();
        List<String> data = parameters.list("djwar.data");
        if (!data.isEmpty()) {
            Path folder = DataFolder.choose(parameters, name, work, log);
            copy = ProjectCopy.of(places.application(), folder, name, log);
            places = places.in(copy.folder(), parameters);
            for (String entry : data) {
                DataFolder.keep(entry, places.application(), folder);
            }
            log.info("data folder: `" + folder + "`");
        }
        TrustedProxies proxies = new TrustedProxies(parameters.list("djwar.trusted-proxies"));
        Engine engine = maker.make(new Site(container, parameters, name, log, places, new Environ(proxies)));
        Spool spool = new Spool(work, parameters.number("djwar.spool-memory"), parameters.number("djwar.max-body-size"));
        return new Dispatcher(engine, spool, proxies, parameters.list("djwar.static-prefixes"), log);
    }

    /** The project's folder as its author sees it, not a copy. */
    Path project() {
        return project;
    }

    /** Removes what {@link #prepare} made. */
    void cleanUp() {
        if (copy != null) {
            try {
                copy.close();
            } catch (IOException e) {
                log.warning("the project's copy can't be removed: " + e);
            }
        }
    }

    private Site.EngineMaker maker() throws BootFailure {
        String kind = parameters.text("djwar.engine");
        return switch (kind) {
            case "cpython" -> CpythonBoot::engine;
            // Not the engine's class itself: it refers to Jython's, which only its own WARs hold.
            case "jython" -> JythonBoot::engine;
            default -> throw new BootFailure(
                    "parameter `djwar.engine` is `" + kind + "`, but this runtime has only `cpython` and `jython`");
        };
    }

    private Path workFolder() throws BootFailure {
        String configured = parameters.text("djwar.work-dir");
        String temporary = container.temporaryFolder();
        try {
            if (!configured.isEmpty()) {
                return Files.createDirectories(Path.of(configured).resolve(name)).toRealPath();
            }
            if (temporary != null) {
                return Files.createDirectories(Path.of(temporary, "djwar")).toRealPath();
            }
            return Files.createTempDirectory("djwar").toRealPath();
        } catch (IOException e) {
            throw new BootFailure("no work folder can be made (`djwar.work-dir`): " + e, e);
        }
    }
}
