import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads "P base64(pattern)", "L base64(payload)" and "T base64(date format) base64(time)" from standard input, and says
 * what Java makes of them: for each payload the number of each pattern that is found in it with its first group,
 * for each time its milliseconds. QRadar is written in Java: these are its classes.
 */
public class ReadFields {
    public static void main(String[] args) throws Exception {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        List<Pattern> patterns = new ArrayList<>();
        int payload = 0;
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "P" -> patterns.add(Pattern.compile(text(words[1])));
                case "T" -> out.println("T " + new SimpleDateFormat(text(words[1])).parse(text(words[2])).getTime());
                default -> {
                    for (int number = 0; number < patterns.size(); number++) {
                        Matcher matcher = patterns.get(number).matcher(text(words[1]));
                        if (matcher.find()) {
                            out.println("L " + payload + " " + number + " " + base64(matcher.group(1)));
                        }
                    }
                    payload++;
                }
            }
        }
        out.flush();
    }

    private static String text(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
