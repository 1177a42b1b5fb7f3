package org.djwar.runtime.cpython;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.djwar.runtime.BootFailure;
import org.djwar.runtime.Parameters;

/**
 * The Python to run: the WAR's own, the host's, or one that the operator names.
 *
 * @param executable the program
 * @param variables what it needs in its environment
 * @param description how messages call it
 */
public record Interpreter(Path executable, Map<String, String> variables, String description) {
    /** Finds it, and makes it executable: containers lose execute bits when they unpack a WAR. */
    public static Interpreter find(Parameters parameters, Path packages, Path workFolder, Map<String, String> environment)
            throws BootFailure {
        String wish = parameters.text("djwar.python");
        String version = parameters.text("djwar.python-version");
        return switch (wish) {
            case "bundled" -> bundled(packages.resolve("home"), version, workFolder);
            case "host" -> host(version, environment.getOrDefault("PATH", ""));
            default -> named(Path.of(wish), version);
        };
    }

    private static Interpreter named(Path wish, String version) throws BootFailure {
        Path path = wish;
        if (Files.isDirectory(wish)) {
            // An interpreter's home, as the servlet's `python.home` names it.
            Path bin = wish.resolve("bin");
            path = Files.isExecutable(bin.resolve("python" + version)) ? bin.resolve("python" + version) : bin.resolve("python3");
        }
        if (!path.isAbsolute() || !Files.isRegularFile(path)) {
            throw new BootFailure("parameter `djwar.python` must be `bundled`, `host` or the absolute path of an executable, not `" + path + "`");
        }
        return new Interpreter(path, Map.of(), "the Python at `" + path + "`");
    }

    private static Interpreter host(String version, String searched) throws BootFailure {
        String program = "python" + (version.isEmpty() ? "3" : version);
        for (String folder : searched.split(File.pathSeparator)) {
            Path candidate = Path.of(folder.isEmpty() ? "." : folder).resolve(program);
            if (Files.isExecutable(candidate) && !Files.isDirectory(candidate)) {
                return new Interpreter(candidate.toAbsolutePath(), Map.of(), "the host's `" + candidate + "`");
            }
        }
        throw new BootFailure("no `" + program + "` on this host's PATH, and `djwar.python` is `host`; install it, or set `djwar.python` to its path");
    }

    private static Interpreter bundled(Path homes, String version, Path workFolder) throws BootFailure {
        Path home = homes.resolve(platform());
        if (!Files.isDirectory(home)) {
            throw new BootFailure("this WAR brings Python for " + platforms(homes) + ", but this host is " + platform()
                    + "; set `djwar.python` to `host` or a path, or build the WAR for this platform");
        }
        Path executable = executable(home.resolve("bin"), version);
        Map<String, String> variables = new TreeMap<>(Map.of("PYTHONHOME", home.toString()));
        if (!Files.isExecutable(executable) && !executable.toFile().setExecutable(true, true)) {
            executable = copy(executable, workFolder);
            // It finds libpython beside its own folder; the copy has none there.
            variables.put("LD_LIBRARY_PATH", home.resolve("lib").toString());
        }
        return new Interpreter(executable, variables, "the bundled Python" + (version.isEmpty() ? "" : " " + version));
    }

    private static Path executable(Path bin, String version) throws BootFailure {
        if (!version.isEmpty() && Files.isRegularFile(bin.resolve("python" + version))) {
            return bin.resolve("python" + version);
        }
        try (Stream<Path> files = Files.list(bin)) {
            return files.filter(file -> file.getFileName().toString().matches("python3\\.[0-9]+t?"))
                    .filter(file -> version.isEmpty())
                    .findFirst()
                    .orElseThrow(() -> new IOException("no `python" + version + "` there"));
        } catch (IOException e) {
            throw new BootFailure("the bundled Python in `" + bin + "` is not whole: " + e.getMessage(), e);
        }
    }

    private static Path copy(Path executable, Path workFolder) throws BootFailure {
        try {
            Path bin = Files.createDirectories(workFolder.resolve("bin"));
            Path copy = bin.resolve(executable.getFileName());
            Files.copy(executable, copy, StandardCopyOption.REPLACE_EXISTING);
            if (!copy.toFile().setExecutable(true, true)) {
                throw new IOException("the execute bit can't be set");
            }
            return copy;
        } catch (IOException e) {
            throw new BootFailure("`" + executable + "` can't be made executable, nor copied to `" + workFolder + "`: " + e.getMessage(), e);
        }
    }

    private static String platforms(Path homes) {
        try (Stream<Path> files = Files.list(homes)) {
            List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
            return names.isEmpty() ? "no platform" : String.join(", ", names);
        } catch (IOException e) {
            return "no platform";
        }
    }

    /** The classifier of {@code org.bytedeco:cpython} for this host. */
    static String platform() {
        String system = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String architecture = switch (System.getProperty("os.arch").toLowerCase(Locale.ROOT)) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm64";
            default -> System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        };
        return (system.startsWith("mac") ? "macosx" : system.startsWith("win") ? "windows" : "linux") + "-" + architecture;
    }
}
