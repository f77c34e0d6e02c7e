import io.carml.engine.rdf.RdfRmlMapper;
import io.carml.logicalsourceresolver.CsvResolver;
import io.carml.logicalsourceresolver.JsonPathResolver;
import io.carml.util.RmlMappingLoader;
import io.carml.vocab.Rdf.Ql;
import java.io.BufferedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.rdf4j.rio.RDFFormat;
import org.eclipse.rdf4j.rio.Rio;

/** CARML as a command: java Carml MAPPING OUTPUT, with sources relative to the current folder. */
public final class Carml {
  public static void main(String[] arguments) throws Exception {
    var mapping = RmlMappingLoader.build().load(RDFFormat.TURTLE, Path.of(arguments[0]));
    var mapper = RdfRmlMapper.builder()
        .setLogicalSourceResolver(Ql.Csv, CsvResolver::getInstance)
        .setLogicalSourceResolver(Ql.JsonPath, JsonPathResolver::getInstance)
        .fileResolver(Path.of("."))
        .triplesMaps(mapping)
        .build();
    try (var out = new BufferedOutputStream(Files.newOutputStream(Path.of(arguments[1])))) {
      var writer = Rio.createWriter(RDFFormat.NQUADS, out);
      writer.startRDF();
      mapper.map().doOnNext(writer::handleStatement).blockLast();
      writer.endRDF();
    }
  }
}
