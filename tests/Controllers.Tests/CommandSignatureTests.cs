using System.Security.Cryptography;
using System.Text;
using CityBrain.Model;

namespace CityBrain.Controllers.Tests;

public sealed class CommandSignatureTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly byte[] Topic = "citybrain/1/d/command/x1"u8.ToArray();
    private static readonly byte[] Json = """{"sequence":7,"aspects":"G"}"""u8.ToArray();
    private static readonly byte[] Binary = [(byte)'C', (byte)'B', 1, 5, .. new byte[44]];

    private static byte[] Sign(byte[] payload, byte[]? topic = null, byte[]? key = null)
    {
        var buffer = new byte[512];
        payload.CopyTo(buffer, 0);
        return buffer[..CommandSignature.Append(buffer, payload.Length, topic ?? Topic, key ?? Key)];
    }

    public static TheoryData<byte[]> Payloads => new() { Json, Binary };

    [Fact]
    public void Json_is_signed_as_the_wire_says()
    {
        byte[] text = [.. Topic, 0, .. Json[..^1]];
        string hmac = Convert.ToHexStringLower(HMACSHA256.HashData(Key, text));
        Assert.Equal($$"""{"sequence":7,"aspects":"G","hmac":"{{hmac}}"}""", Encoding.UTF8.GetString(Sign(Json)));
    }

    [Fact]
    public void A_block_is_signed_as_the_wire_says()
    {
        byte[] hmac = HMACSHA256.HashData(Key, (byte[])[.. Topic, 0, .. Binary]);
        byte[] signed = Sign(Binary);
        Assert.Equal([.. Binary, .. "CBS1"u8, .. hmac], signed);
        Assert.Equal(Binary, CommandSignature.Body(signed).ToArray());
        Assert.Equal(Binary, CommandSignature.Body(Binary).ToArray());
    }

    [Theory, MemberData(nameof(Payloads))]
    public void A_change_of_any_bit_is_found(byte[] payload)
    {
        byte[] signed = Sign(payload);
        Assert.True(CommandSignature.Verify(signed, Topic, Key));
        for (int bit = 0; bit < signed.Length * 8; bit++)
        {
            // Upper and lower case of a hexadecimal digit are the same digit.
            byte[] changed = [.. signed];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            bool sameDigit = payload == Json && char.IsAsciiHexDigit((char)changed[bit / 8]) && bit % 8 == 5
                && char.IsAsciiLetter((char)changed[bit / 8]) && bit / 8 >= signed.Length - 66;
            Assert.Equal(sameDigit, CommandSignature.Verify(changed, Topic, Key));
        }
    }

    [Theory, MemberData(nameof(Payloads))]
    public void A_signature_holds_for_its_intersection_and_its_key_only(byte[] payload)
    {
        byte[] signed = Sign(payload);
        Assert.False(CommandSignature.Verify(signed, "citybrain/1/d/command/x2"u8, Key));
        Assert.False(CommandSignature.Verify(signed, Topic, new byte[32]));
        Assert.False(CommandSignature.Verify(payload, Topic, Key));
        for (int cut = 1; cut < signed.Length; cut++) Assert.False(CommandSignature.Verify(signed.AsSpan(0, cut), Topic, Key));
        Assert.False(CommandSignature.Verify([], Topic, Key));
        Assert.False(CommandSignature.Verify(new byte[40_000], Topic, Key));
    }

    [Fact]
    public void A_buffer_without_room_is_not_signed()
    {
        var buffer = new byte[Json.Length + 20];
        Json.CopyTo(buffer, 0);
        Assert.Equal(-1, CommandSignature.Append(buffer, Json.Length, Topic, Key));
        Assert.Equal(-1, CommandSignature.Append(buffer, 0, Topic, Key));
    }

    [Fact]
    public void Keys_are_made_read_and_never_told()
    {
        City city = TwoJunctions.Build();
        string text = CommandKeys.New(city);
        CommandKeys keys = CommandKeys.Parse(Encoding.UTF8.GetBytes(text), city, all: true);
        Assert.False(keys[0].SequenceEqual(keys[1]));
        Assert.Equal(32, keys[0].Length);
        Assert.DoesNotContain(Convert.ToBase64String(keys[0]), keys.ToString());
        Assert.NotEqual(text, CommandKeys.New(city));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"x1":"c2hvcnQ="}""")]
    [InlineData("""{"x1":"not base64 at all, but long enough to be a key"}""")]
    [InlineData("""{"x9":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""")]
    [InlineData("""{"x1":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}""")]
    [InlineData("""{"x1":null}""")]
    public void Keys_that_will_not_do_are_refused_without_a_word_of_them(string text)
    {
        var e = Assert.Throws<FormatException>(() => CommandKeys.Parse(Encoding.UTF8.GetBytes(text), TwoJunctions.Build(), all: true));
        Assert.DoesNotContain("AAAA", e.Message);
        Assert.DoesNotContain("c2hv", e.Message);
    }

    [Fact]
    public void A_cabinet_may_hold_its_own_key_alone()
    {
        CommandKeys keys = CommandKeys.Parse(
            """{"x2":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}"""u8, TwoJunctions.Build(), all: false);
        Assert.False(keys.Has(0));
        Assert.True(keys.Has(1));
    }
}
