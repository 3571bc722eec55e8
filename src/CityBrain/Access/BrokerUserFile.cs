using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityBrain.Access;

/// <summary>The file of the broker's users: {"users":[...]}, each as <see cref="BrokerUser"/>. Bounded.</summary>
internal static class BrokerUserFile
{
    public const int MostUsers = 20_000, LongestName = 128;

    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    private sealed record Shape(BrokerUser[]? Users);

    /// <exception cref="FormatException">What is wrong with it; never with a word of a password.</exception>
    public static BrokerUser[] Parse(ReadOnlySpan<byte> text)
    {
        BrokerUser[] users;
        try
        {
            users = JsonSerializer.Deserialize<Shape>(text, Options)?.Users ?? [];
        }
        catch (JsonException e)
        {
            throw new FormatException($"the users make no sense at {e.Path}, line {e.LineNumber + 1}");
        }
        if (users.Length > MostUsers) throw new FormatException($"there are more than {MostUsers} users");
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (BrokerUser? user in users)
        {
            if (user is null) throw new FormatException("a user is null");
            if (Objection(user) is { } objection) throw new FormatException(objection);
            if (!names.Add(user.Name)) throw new FormatException($"the user '{user.Name}' is there twice");
        }
        return users;
    }

    public static byte[] Write(IEnumerable<BrokerUser> users) =>
        JsonSerializer.SerializeToUtf8Bytes(new Shape([.. users]), Options);

    /// <summary>What is wrong with a user, or null.</summary>
    public static string? Objection(BrokerUser user)
    {
        if (user.Name.Length is 0 or > LongestName || user.Name.Any(char.IsControl))
            return $"a user's name has 1 to {LongestName} characters and no control characters";
        foreach (string?[]? list in (string?[]?[])[user.Ids, user.Districts, user.Publish, user.Subscribe])
            if (list is not null && list.Contains(null)) return $"a list of the user '{user.Name}' has null in it";
        try
        {
            user.Identify("client");
            return null;
        }
        catch (ArgumentException e)
        {
            return $"a rule of the user '{user.Name}': {e.Message.Split(" (")[0]}";
        }
    }
}
