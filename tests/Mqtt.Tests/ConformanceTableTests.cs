namespace CityBrain.Mqtt.Tests;

/// <summary>Holds docs/MQTT-CONFORMANCE.md to the tests that are there.</summary>
public sealed class ConformanceTableTests
{
    private static readonly string Document = StatementTable.Read("MQTT-CONFORMANCE.md");

    private static readonly HashSet<string> Tests =
    [
        .. from type in typeof(ConformanceTableTests).Assembly.GetTypes()
           from method in type.GetMethods()
           where method.GetCustomAttributes(typeof(FactAttribute), inherit: true).Length > 0
           from name in (string[])[method.Name, $"{type.Name}.{method.Name}"]
           select name,
    ];

    [Fact]
    public void Every_test_that_the_table_names_exists()
    {
        var missing = from row in StatementTable.Rows(Document)
                      from name in StatementTable.Names(row.Shown)
                      where !Tests.Contains(name)
                      select $"{row.Id}: {name}";
        Assert.Empty(missing);
    }

    [Fact]
    public void Every_statement_stands_there_once_with_a_test_or_the_word_that_it_has_none()
    {
        string[] parts = Document.Split("## MQTT 3.1.1");
        Assert.Equal(2, parts.Length);
        foreach (string part in parts)
        {
            (string Id, string Shown)[] rows = [.. StatementTable.Rows(part)];
            Assert.Equal(rows.Select(r => r.Id).Distinct(), rows.Select(r => r.Id));
            Assert.All(rows, r => Assert.True(
                r.Shown == "no test" || r.Shown.StartsWith("not applicable: ", StringComparison.Ordinal)
                || StatementTable.Names(r.Shown).Length > 0, r.Id));
            int none = rows.Count(r => r.Shown == "no test");
            int tested = rows.Count(r => StatementTable.Names(r.Shown).Length > 0);
            Assert.Contains($"{rows.Length} statements: {tested} with a test,", part);
            Assert.Contains($"{none} without", part);
        }
    }
}
