using System.Text;

namespace CityBrain.Model.Tests;

/// <summary>What a city file leaves out has the default that the schema promises.</summary>
public sealed class CityDefaultsTests
{
    private const string Sparse = """
        {"name":"sparse","districts":[{"id":"d","name":"D"}],
         "lanes":[{"id":"a","lengthM":100,"speedMps":10},{"id":"b","lengthM":100,"speedMps":10},
                  {"id":"c","lengthM":100,"speedMps":10,"kind":"road"}],
         "intersections":[{"id":"x","district":"d","x":0,"y":0,"groups":[{"id":"g"},{"id":"h"}],
           "movements":[{"id":"m","group":"g","from":"a","to":"c"},{"id":"n","group":"h","from":"b","to":"c"}],
           "conflicts":[{"a":"g","b":"h"}],
           "stages":[{"id":"s","aspects":"Gr"},{"id":"t","aspects":"rG"}]}]}
        """;

    [Fact]
    public void A_yellow_that_is_left_out_is_three_seconds_and_not_none()
    {
        Assert.True(CityJson.TryRead(Encoding.UTF8.GetBytes(Sparse), out CityDescription? read, out var errors), string.Join(", ", errors));
        Intersection x = CityBuilder.Build(read!).Intersections[0];
        Assert.All(x.Groups, g => Assert.Equal((3000, 5000), (g.Yellow.Value, g.MinGreen.Value)));
        Assert.Equal((120_000, 120_000, 10_000), (x.Limits.MaxGreen.Value, x.Limits.MaxWait.Value, x.Limits.Fallback.Value));
        Assert.True(x.Intergreens.Ms(0, 1) >= 3000);
        Assert.Equal(3.2, read!.Lanes[0].WidthM);
        Assert.Equal(CityDescription.CurrentSchema, read.Schema);
    }

    [Fact]
    public void An_interval_of_ages_is_an_error_with_its_place()
    {
        string text = Sparse.Replace("\"stages\":", "\"programme\":{\"id\":\"p\",\"intervals\":["
            + "{\"durationS\":30,\"aspects\":\"Gr\"},{\"durationS\":9999999999999999999,\"aspects\":\"rG\"},"
            + "{\"durationS\":9999999999999999999,\"aspects\":\"rr\"}]},\"stages\":");
        Assert.True(CityJson.TryRead(Encoding.UTF8.GetBytes(text), out CityDescription? read, out var unread), string.Join(", ", unread));
        Assert.False(CityBuilder.TryBuild(read!, out _, out var errors));
        Assert.Equal("intersections[0].programme.intervals[1].durationS: is longer than a day, 86400 s", errors[0].ToString());
    }

    [Fact]
    public void A_null_in_a_list_is_an_error_with_its_line()
    {
        byte[] text = Encoding.UTF8.GetBytes(Sparse.Replace("\"lengthM\":100,", "\"lengthM\":100,\"upstream\":[\"b\",null],"));
        Assert.False(CityJson.TryRead(text, out _, out var errors));
        Assert.Equal("$: has null in a list (line 2)", errors.Single().ToString());
    }

    [Fact]
    public void A_list_that_is_null_is_an_error_and_no_crash() =>
        Assert.False(CityJson.TryRead(Encoding.UTF8.GetBytes(Sparse.Replace("\"lengthM\":100,", "\"lengthM\":100,\"shape\":null,")), out _, out _));
}
