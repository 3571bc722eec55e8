using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Model.Tests;

/// <summary>docs/city.schema.json says the same as the records that read the file.</summary>
public class CitySchemaTests
{
    private static readonly JsonElement Schema = JsonDocument.Parse(
        File.ReadAllBytes(Path.Combine(RealPart.Root, "docs", "city.schema.json"))).RootElement;

    public static TheoryData<string, Type> Records => new()
    {
        { "", typeof(CityDescription) },
        { "geoOrigin", typeof(GeoOrigin) },
        { "district", typeof(DistrictDescription) },
        { "lane", typeof(LaneDescription) },
        { "signalGroup", typeof(SignalGroupDescription) },
        { "movement", typeof(MovementDescription) },
        { "conflict", typeof(ConflictDescription) },
        { "intergreen", typeof(IntergreenDescription) },
        { "stage", typeof(StageDescription) },
        { "interval", typeof(IntervalDescription) },
        { "programme", typeof(ProgrammeDescription) },
        { "limits", typeof(LimitsDescription) },
        { "ring", typeof(RingDescription) },
        { "intersection", typeof(IntersectionDescription) },
        { "detector", typeof(DetectorDescription) },
    };

    [Theory]
    [MemberData(nameof(Records))]
    public void A_definition_has_the_properties_of_its_record(string definition, Type record)
    {
        JsonElement node = Definition(definition);
        Assert.Equal(
            record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => Name(p.Name)).Order(),
            node.GetProperty("properties").EnumerateObject().Select(p => p.Name).Order());
        Assert.False(node.GetProperty("additionalProperties").GetBoolean());
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_definition_requires_what_its_record_requires(string definition, Type record)
    {
        IEnumerable<string> byKeyword = record.GetProperties()
            .Where(p => p.IsDefined(typeof(RequiredMemberAttribute))).Select(p => Name(p.Name));
        ConstructorInfo? primary = record.GetConstructors().FirstOrDefault(c => c.GetParameters().Length > 0);
        IEnumerable<string> byParameter = (primary?.GetParameters() ?? [])
            .Where(p => !p.HasDefaultValue).Select(p => Name(p.Name!));
        Assert.Equal(byKeyword.Concat(byParameter).Order(),
            Definition(definition).GetProperty("required").EnumerateArray().Select(e => e.GetString()!).Order());
    }

    [Fact]
    public void Enumerations_have_the_words_of_the_file()
    {
        Assert.Equal(Enum.GetNames<LaneKind>(), Words("lane", "kind"));
        Assert.Equal(Enum.GetNames<GroupKind>(), Words("signalGroup", "kind"));
        Assert.Equal(Enum.GetNames<Turn>(), Words("movement", "turn"));
        Assert.Equal(Enum.GetNames<DetectorKind>(), Words("detector", "kind"));
        Assert.Equal(CityDescription.CurrentSchema,
            Schema.GetProperty("properties").GetProperty("schema").GetProperty("const").GetString());
    }

    private static JsonElement Definition(string name) =>
        name.Length == 0 ? Schema : Schema.GetProperty("$defs").GetProperty(name);

    private static string[] Words(string definition, string property) =>
        [.. Definition(definition).GetProperty("properties").GetProperty(property).GetProperty("enum")
            .EnumerateArray().Select(e => e.GetString()!)];

    private static string Name(string property) => JsonNamingPolicy.CamelCase.ConvertName(property);
}
