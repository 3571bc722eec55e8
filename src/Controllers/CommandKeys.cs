using System.Security.Cryptography;
using System.Text.Json;
using CityBrain.Model;

namespace CityBrain.Controllers;

/// <summary>
/// The keys that commands are signed with, one an intersection, at least 32 bytes each. They come from a JSON file
/// <c>{"intersection id":"base64", ...}</c> and never go anywhere else: this type has no text of them.
/// </summary>
public sealed class CommandKeys
{
    /// <summary>The least length of a key: that of the hash (RFC 2104, section 3).</summary>
    public const int LeastBytes = 32;

    private readonly byte[]?[] _keys;

    private CommandKeys(byte[]?[] keys) => _keys = keys;

    /// <summary>The key of an intersection; empty where a cabinet holds only its own.</summary>
    public ReadOnlySpan<byte> this[int intersection] => _keys[intersection];

    public bool Has(int intersection) => _keys[intersection] is not null;

    /// <summary>Random keys for every intersection, as the file's text.</summary>
    public static string New(City city) => JsonSerializer.Serialize(
        city.Intersections.ToDictionary(i => i.Id, _ => Convert.ToBase64String(RandomNumberGenerator.GetBytes(LeastBytes))),
        new JsonSerializerOptions { WriteIndented = true });

    /// <summary>Keys made from a seed, the same on every machine. For simulations only.</summary>
    public static CommandKeys FromSeed(City city, ulong seed)
    {
        var random = SeededRandom.For(seed, 0x4B455953);
        var keys = new byte[]?[city.Intersections.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = new byte[LeastBytes];
            for (int at = 0; at < LeastBytes; at += 8)
                BitConverter.TryWriteBytes(keys[i].AsSpan(at), random.NextBits());
        }
        return new CommandKeys(keys);
    }

    /// <summary>Reads the file's text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="city">The city.</param>
    /// <param name="all">True: there must be a key for each intersection, as the brain needs them.</param>
    /// <exception cref="FormatException">It says what is wrong and never a key.</exception>
    public static CommandKeys Parse(ReadOnlySpan<byte> json, City city, bool all)
    {
        Dictionary<string, string>? texts;
        try
        {
            texts = JsonSerializer.Deserialize<Dictionary<string, string>>(json);
        }
        catch (JsonException)
        {
            throw new FormatException("""command keys are a JSON object {"intersection id":"base64", ...}""");
        }
        var keys = new byte[]?[city.Intersections.Length];
        foreach ((string id, string text) in texts ?? [])
        {
            if (!city.TryIntersection(id, out int index)) throw new FormatException($"the city has no intersection '{id}'");
            keys[index] = KeyOf(id, text);
        }
        int missing = Array.FindIndex(keys, k => k is null);
        if (all && missing >= 0) throw new FormatException($"there is no command key for '{city.Intersections[missing].Id}'");
        return new CommandKeys(keys);
    }

    public override string ToString() => $"{_keys.Count(k => k is not null)} command keys";

    private static byte[] KeyOf(string id, string? text)
    {
        var key = new byte[(text?.Length ?? 0) + 4];
        if (!Convert.TryFromBase64String(text ?? "", key, out int length))
            throw new FormatException($"the command key of '{id}' is not base64");
        return length >= LeastBytes ? key[..length]
            : throw new FormatException($"the command key of '{id}' is shorter than {LeastBytes} bytes");
    }
}
