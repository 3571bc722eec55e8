using System.Diagnostics;
using System.Text.Json;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Tests.Archive;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.History.Tests.Arrow;

/// <summary>
/// What is written opens in npm's apache-arrow and in Polars with the same rows, sums and texts.
/// </summary>
public class ArrowOtherReadersTests
{
    private static readonly string Folder = Path.Combine(RealPart.Root, "tests", "node-arrow");

    [RealPartFact("node", "npm")]
    public void ApacheArrowAndPolarsReadTheSameCells()
    {
        Install();
        string directory = Directory.CreateTempSubdirectory("citybrain-arrow").FullName;
        try
        {
            ArrowBatch[] batches =
            [
                ArrowSamples.Batch(ArrowSamples.EveryType, 0, 100),
                ArrowSamples.Batch(ArrowSamples.EveryType, 100, 137),
            ];
            string file = Path.Combine(directory, "every.arrow");
            string stream = Path.Combine(directory, "every.arrows");
            File.WriteAllBytes(file, ArrowSamples.Bytes(true, batches));
            File.WriteAllBytes(stream, ArrowSamples.Bytes(false, batches));

            string[] lines = Node("read.mjs", file, stream).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(2, lines.Length);
            foreach (string line in lines)
            {
                JsonElement told = JsonDocument.Parse(line).RootElement;
                Compare(batches, told.GetProperty("arrow"), "apache-arrow");
                Compare(batches, told.GetProperty("polars"), "polars");
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>Every table of the archive, with rows of a random city and empty cells where there may be some.</summary>
    [RealPartFact("node", "npm")]
    public void EveryFileOfTheArchiveOpensWithTheSameSums()
    {
        Install();
        string root = Directory.CreateTempSubdirectory("citybrain-archive").FullName;
        try
        {
            using ArchiveFolder archive = ArchiveFolder.OpenToWrite(root);
            foreach (ArchiveTable table in ArchiveTables.All)
            {
                archive.Enter([ArchiveSamples.Write(root, table, batches: 3, rows: 500)], null);
            }

            string[] paths = [.. archive.Files.Select(archive.PathOf)];
            string[] lines = Node("read.mjs", paths).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(ArchiveTables.All.Count, lines.Length);
            for (int i = 0; i < paths.Length; i++)
            {
                JsonElement told = JsonDocument.Parse(lines[i]).RootElement;
                using ArrowFile file = ArrowFile.Open(paths[i]);
                ArrowBatch[] batches = [.. Enumerable.Range(0, file.Batches).Select(file.Read)];
                Compare(batches, told.GetProperty("arrow"), "apache-arrow " + paths[i]);
                Compare(batches, told.GetProperty("polars"), "polars " + paths[i]);
            }
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    private static void Compare(ArrowBatch[] batches, JsonElement told, string reader)
    {
        Assert.Equal(batches.Sum(b => b.Length), told.GetProperty("rows").GetInt32());
        for (int i = 0; i < batches[0].Columns.Count; i++)
        {
            ArrowField field = batches[0].Columns[i].Field;
            JsonElement column = told.GetProperty("columns").GetProperty(field.Name);
            ArrowColumn[] ours = [.. batches.Select(b => b.Columns[i])];
            Assert.Equal(ours.Sum(c => c.Nulls), column.GetProperty("empty").GetInt32());
            (double sum, string text) = Sum(field, ours);
            Assert.True(
                Math.Abs(sum - Sum(column, field)) <= 1e-12 * Math.Abs(sum), $"{reader}, {field.Name}: {sum} and {column}");
            Assert.Equal(text, column.GetProperty("text").GetString());
        }
    }

    /// <summary>Both give timestamps as ms, whatever their unit.</summary>
    private static double Sum(JsonElement column, ArrowField field)
    {
        double sum = column.GetProperty("sum").GetDouble();
        return field.Type switch
        {
            ArrowType.TimestampSecond => sum / 1000,
            ArrowType.TimestampMicro => sum * 1000,
            ArrowType.TimestampNano => sum * 1_000_000,
            _ => sum,
        };
    }

    private static (double Sum, string Text) Sum(ArrowField field, ArrowColumn[] columns)
    {
        double sum = 0;
        string text = string.Empty;
        foreach (ArrowColumn column in columns)
        {
            for (int row = 0; row < column.Length; row++)
            {
                if (column.IsNull(row))
                {
                    continue;
                }

                if (field.Type is ArrowType.Utf8 or ArrowType.DictionaryUtf8)
                {
                    text += column.Text(row) + ";";
                }
                else
                {
                    sum += column.Real(row);
                }
            }
        }

        return (sum, text);
    }

    private static void Install()
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "apache-arrow")))
        {
            Start("npm", "install", "--no-save", "--no-audit", "--no-fund");
        }
    }

    private static string Node(string script, params string[] files) => Start("node", [script, .. files]);

    private static string Start(string program, params string[] arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(info)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} {string.Join(' ', arguments)}: {errors.Result}");
        return output;
    }
}
