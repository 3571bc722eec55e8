using CityBrain.History.Arrow;
using Xunit;

namespace CityBrain.History.Tests.Arrow;

/// <summary>Broken bytes give a clear error or good rows, never another exception.</summary>
public class ArrowBrokenInputTests
{
    [Fact]
    public void AFileCutOffAnywhereIsRefused()
    {
        byte[] bytes = ArrowSamples.Bytes(true, ArrowSamples.Batch(ArrowSamples.EveryType, 0, 5));
        for (int length = 0; length < bytes.Length; length += 3)
        {
            byte[] cut = bytes[..length];
            Assert.Throws<ArrowFormatException>(() => new ArrowFile(new MemoryStream(cut)));
        }
    }

    [Fact]
    public void AStreamCutOffAnywhereGivesNoHalfBatch()
    {
        byte[] bytes = ArrowSamples.Bytes(false, ArrowSamples.Batch(ArrowSamples.EveryType, 0, 5));
        for (int length = 0; length < bytes.Length - 8; length += 3)
        {
            try
            {
                var reader = new ArrowReader(new MemoryStream(bytes[..length]));
                while (reader.Next() is { } batch)
                {
                    Assert.Equal(5, batch.Length);
                }
            }
            catch (ArrowFormatException)
            {
                // The clear error; a stream cut between two messages is a shorter stream.
            }
        }
    }

    [Fact]
    public void AFewBytesThatSpeakOfGigabytesCostLittle()
    {
        byte[] bytes = ArrowSamples.Bytes(false, ArrowSamples.Batch(ArrowSamples.EveryType, 0, 5));
        byte[] lengthOfMetadata = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x04];      // 64 MiB of it, at most
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<ArrowFormatException>(() => new ArrowReader(new MemoryStream([.. lengthOfMetadata, .. bytes])));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void ChangedBytesNeverEscapeAsOtherExceptions()
    {
        byte[] good = ArrowSamples.Bytes(true, ArrowSamples.Batch(ArrowSamples.EveryType, 0, 20));
        var random = new Random(4);
        int refused = 0;
        for (int trial = 0; trial < 1500; trial++)
        {
            byte[] bytes = [.. good];
            for (int change = 0; change < 3; change++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                using var file = new ArrowFile(new MemoryStream(bytes));
                for (int i = 0; i < file.Batches; i++)
                {
                    ArrowSamples.Cells(file.Read(i));
                }
            }
            catch (ArrowFormatException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 400, 1500);
    }
}
