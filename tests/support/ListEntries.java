import java.io.BufferedInputStream;
import java.io.FileInputStream;
import java.util.jar.JarInputStream;

/** Reads an archive as a stream, as containers' scanners do; checksums are the stream's own work. */
public class ListEntries {
    public static void main(String[] arguments) throws Exception {
        byte[] buffer = new byte[1 << 16];
        StringBuilder names = new StringBuilder();
        try (var jar = new JarInputStream(new BufferedInputStream(new FileInputStream(arguments[0])))) {
            if (jar.getManifest() == null) {
                throw new IllegalStateException("the manifest is not the first entry");
            }
            names.append("META-INF/MANIFEST.MF\n");
            for (var entry = jar.getNextEntry(); entry != null; entry = jar.getNextEntry()) {
                while (jar.read(buffer) >= 0) { }
                names.append(entry.getName()).append('\n');
            }
        }
        System.out.write(names.toString().getBytes("UTF-8"));
        System.out.flush();
    }
}
