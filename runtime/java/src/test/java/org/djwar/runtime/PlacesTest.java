package org.djwar.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacesTest {
    @Test
    void foldersOfTheProjectMoveWithItAndOthersStay(@TempDir Path folder) throws Exception {
        Path application = folder.resolve("python/app");
        Path copy = Files.createDirectories(folder.resolve("copy/src")).getParent();
        Path elsewhere = folder.resolve("elsewhere");
        Map<String, String> none = Map.of();
        Parameters parameters = new Parameters(new Sources(none, none, none, Map.of("djwar.source-root", "src")));
        Places shipped = new Places(folder, folder.resolve("python"), folder.resolve("python"), application, application,
                List.of(application.resolve("apps"), application, elsewhere));
        Places moved = shipped.in(copy, parameters);
        assertEquals(copy.resolve("src"), moved.source());
        assertEquals(List.of(copy.resolve("apps"), copy, elsewhere), moved.extra());
    }
}
