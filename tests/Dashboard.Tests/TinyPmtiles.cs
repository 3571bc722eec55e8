using System.Buffers.Binary;
using System.Text;

namespace CityBrain.Dashboard.Tests;

/// <summary>
/// A PMTiles archive (version 3, https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md) of a single tile that
/// holds the whole world, in one colour or as one sea.
/// </summary>
internal static class TinyPmtiles
{
    private const int HeadBytes = 127;

    /// <summary>A picture (PNG) of 8 by 8 pixels in magenta, which nothing else on the page has.</summary>
    private const string Magenta =
        "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR42mP4z/AfK2IYWhIA0ad/gQofP30AAAAASUVORK5CYII=";

    /// <summary>The world as a picture in magenta.</summary>
    public static byte[] Picture() => Archive(2, Convert.FromBase64String(Magenta));

    /// <summary>The world as a vector tile whose layer "water" covers all of it.</summary>
    public static byte[] Sea() => Archive(1, SeaTile());

    private static byte[] Archive(byte tileType, byte[] tile)
    {
        byte[] about = Encoding.UTF8.GetBytes("""{"attribution":"<a href='https://example.org'>Made-up maps</a>"}""");
        // Entries, then for each: difference of ids, run length, length, offset + 1.
        byte[] root = [1, 0, 1, .. Varint(tile.Length), 1];
        byte[] head = new byte[HeadBytes];
        "PMTiles"u8.CopyTo(head);
        head[7] = 3;
        long at = HeadBytes;
        foreach ((int field, byte[] part) in ((int, byte[])[])[(8, root), (24, about), (40, []), (56, tile)])
        {
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(field), at);
            BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(field + 8), part.Length);
            at += part.Length;
        }
        for (int field = 72; field <= 88; field += 8) BinaryPrimitives.WriteInt64LittleEndian(head.AsSpan(field), 1);
        (head[96], head[97], head[98], head[99]) = (1, 1, 1, tileType); // clustered, nothing packed
        int[] bounds = [-1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000];
        for (int k = 0; k < 4; k++) BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(102 + 4 * k), bounds[k]);
        return [.. head, .. root, .. about, .. tile];
    }

    /// <summary>A vector tile (Mapbox Vector Tile 2.1): version 2, "water", one polygon from corner to corner.</summary>
    private static byte[] SeaTile()
    {
        // Move to (0, 0); three lines; close. Numbers are zigzag differences.
        byte[] corner = Varint(2 * 4096), back = Varint(2 * 4096 - 1);
        byte[] geometry = [9, 0, 0, 26, .. corner, 0, 0, .. corner, .. back, 0, 15];
        byte[] feature = [0x18, 3, 0x22, .. Varint(geometry.Length), .. geometry];
        byte[] layer = [0x78, 2, 0x0a, 5, .. "water"u8, 0x12, .. Varint(feature.Length), .. feature, 0x28, .. Varint(4096)];
        return [0x1a, .. Varint(layer.Length), .. layer];
    }

    private static byte[] Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7) bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
