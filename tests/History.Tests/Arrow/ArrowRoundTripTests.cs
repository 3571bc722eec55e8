using CityBrain.History.Arrow;
using Xunit;

namespace CityBrain.History.Tests.Arrow;

public class ArrowRoundTripTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(257)]
    public void AStreamReadsBackAsItWasWritten(int rows)
    {
        ArrowBatch first = ArrowSamples.Batch(ArrowSamples.EveryType, 0, rows);
        ArrowBatch second = ArrowSamples.Batch(ArrowSamples.EveryType, rows, rows + 10);
        var reader = new ArrowReader(new MemoryStream(ArrowSamples.Bytes(false, first, second)));

        Assert.Equal(ArrowSamples.Cells(first), ArrowSamples.Cells(reader.Next()!));
        Assert.Equal(ArrowSamples.Cells(second), ArrowSamples.Cells(reader.Next()!));
        Assert.Null(reader.Next());
        Assert.Equal(
            ArrowSamples.EveryType.Fields.Select(f => (f.Name, f.Type, f.Nullable)),
            reader.Schema.Fields.Select(f => (f.Name, f.Type, f.Nullable)));
        Assert.Equal("a test", Assert.Single(reader.Schema.Metadata).Value);
    }

    [Fact]
    public void AFileReadsBackInAnyOrder()
    {
        ArrowBatch[] batches =
            [.. Enumerable.Range(0, 3).Select(i => ArrowSamples.Batch(ArrowSamples.EveryType, i * 50, (i * 50) + 40))];
        using var file = new ArrowFile(new MemoryStream(ArrowSamples.Bytes(true, batches)));

        Assert.Equal(3, file.Batches);
        foreach (int i in (int[])[2, 0, 1])
        {
            Assert.Equal(ArrowSamples.Cells(batches[i]), ArrowSamples.Cells(file.Read(i)));
        }
    }

    [Fact]
    public void StatisticsTellLeastMostAndEmptyCells()
    {
        ArrowBatch[] batches =
            [ArrowSamples.Batch(ArrowSamples.EveryType, 0, 10), ArrowSamples.Batch(ArrowSamples.EveryType, 10, 30)];
        using var file = new ArrowFile(new MemoryStream(ArrowSamples.Bytes(true, batches)));
        Dictionary<string, string> all = new(file.Statistics);
        Dictionary<string, string> second = new(file.BatchStatistics(1));

        Assert.Equal("30", all["rows"]);
        Assert.Equal(("-50", "-21"), (all["min.Int32"], all["max.Int32"]));
        Assert.Equal(("-1.75", "5.5"), (all["min.Float64"], all["max.Float64"]));
        Assert.Equal("6", all["nulls.UInt16 or empty"]);
        Assert.Equal(("10", "29"), (second["min.UInt8"], second["max.UInt8"]));
        Assert.Equal("1713182410000000", second["min.TimestampMilli"]);
        Assert.Equal("", all["min.DictionaryUtf8"]);
        Assert.Equal("红灯", all["max.DictionaryUtf8"]);
    }

    [Fact]
    public void AFlippedBitInABatchIsFoundByItsChecksum()
    {
        byte[] bytes = ArrowSamples.Bytes(true, ArrowSamples.Batch(ArrowSamples.EveryType, 0, 100));
        int body = bytes.AsSpan().IndexOf("green0"u8);
        bytes[body] ^= 1;
        using var file = new ArrowFile(new MemoryStream(bytes));

        Assert.Contains("checksum", Assert.Throws<ArrowFormatException>(() => file.Read(0)).Message);
    }

    [Fact]
    public void ValuesThatDoNotFitTheColumnAreRefused()
    {
        var small = new ColumnBuilder(new ArrowField("small", ArrowType.UInt8));
        Assert.Throws<OverflowException>(() => small.Add(256L));
        Assert.Throws<InvalidOperationException>(small.AddNull);
    }

    [Fact]
    public void Crc32COfTheStandardsCheckValue() => Assert.Equal(0xE3069283u, Crc32C.Append(0, "123456789"u8));
}
