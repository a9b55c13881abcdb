import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.io.ObjectInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads saved searches, one in base64 on a line of standard input, as a console would: an object stream with a time, four texts
 * and a map. Prints the texts, then each key with the class of its value and the value, in base64.
 */
public class ReadSearches {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            ObjectInputStream search = new ObjectInputStream(new ByteArrayInputStream(Base64.getDecoder().decode(line)));
            search.readLong();
            StringBuilder out = new StringBuilder();
            for (int text = 0; text < 4; text++) {
                out.append(base64(search.readUTF())).append(' ');
            }
            for (Map.Entry<?, ?> entry : new TreeMap<Object, Object>((Map<?, ?>) search.readObject()).entrySet()) {
                Object value = entry.getValue();
                String kind = value == null ? "null" : value.getClass().getSimpleName();
                out.append(entry.getKey()).append(':').append(kind).append(':').append(base64(String.valueOf(value))).append(' ');
            }
            System.out.println(out.toString().trim());
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
