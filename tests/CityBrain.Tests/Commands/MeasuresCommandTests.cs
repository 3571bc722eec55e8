using System.Text.Json;
using CityBrain.Commands;
using CityBrain.History.Arrow;
using Xunit;

namespace CityBrain.Tests.Commands;

public sealed class MeasuresCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("citybrain-measures").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AMeasureIsAFileWithTheColumnsAgenciesRead()
    {
        (int code, string output, _) = Run(new MeasuresOptions
        {
            Sources = [Log()], Detectors = Table(), Measures = ["arrival_on_green"], Output = At("out"), Json = true,
        });

        Assert.Equal(0, code);
        Assert.Equal(
            ["TimeStamp,DeviceId,Phase,Total_Actuations,Percent_AOG", "2024-04-15 12:00:00,9,2,2,0.5",
                "2024-04-15 12:00:00,10,2,1,1", "2024-04-15 12:15:00,9,2,1,1"],
            File.ReadAllLines(At("out/arrival_on_green.csv")));
        JsonElement summary = JsonDocument.Parse(output).RootElement;
        Assert.Equal(
            (8, 7, 1, 1), (summary.GetProperty("rows").GetInt32(), summary.GetProperty("events").GetInt32(),
                summary.GetProperty("repeated").GetInt32(), summary.GetProperty("bad_rows").GetInt32()));
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("json")]
    [InlineData("arrow")]
    public void AllMeasuresHaveAFileEach(string format)
    {
        (int code, _, _) = Run(new MeasuresOptions
        {
            Sources = [Log()], Detectors = Table(), Format = format, Output = At("out"),
        });

        Assert.Equal(0, code);
        Assert.Equal(13, Directory.GetFiles(At("out"), "*." + format).Length);
        Assert.Empty(Directory.GetFiles(At("out"), "*.part"));
    }

    [Fact]
    public void JsonAndArrowHoldTheSameCells()
    {
        var options = new MeasuresOptions { Sources = [Log()], Measures = ["actuations"], Output = At("out") };
        Run(options with { Format = "json" });
        Run(options with { Format = "arrow" });
        JsonElement rows = JsonDocument.Parse(File.ReadAllText(At("out/actuations.json"))).RootElement;
        using ArrowFile file = ArrowFile.Open(At("out/actuations.arrow"));
        ArrowBatch batch = file.Read(0);

        Assert.Equal(3, rows.GetArrayLength());
        for (int row = 0; row < 3; row++)
        {
            Assert.Equal(rows[row].GetProperty("DeviceId").GetInt64(), batch.Columns[1].Integer(row));
            Assert.Equal(rows[row].GetProperty("Total").GetInt64(), batch.Columns[3].Integer(row));
            Assert.Equal(
                DateTime.Parse(rows[row].GetProperty("TimeStamp").GetString()!),
                DateTime.UnixEpoch.AddMilliseconds(batch.Columns[0].Integer(row)));
        }
    }

    [Fact]
    public void FromAndToChooseRowsAndWhatWasBeforeStillCounts()
    {
        Run(new MeasuresOptions
        {
            Sources = [Log()], Detectors = Table(), Measures = ["arrival_on_green"], Output = At("out"),
            From = "2024-04-15T12:15", To = "2024-04-15 12:30",
        });

        Assert.Equal(
            "2024-04-15 12:15:00,9,2,1,1", Assert.Single(File.ReadAllLines(At("out/arrival_on_green.csv")).Skip(1)));
    }

    [Fact]
    public void AStoreOfTheSameLogGivesTheSameRows()
    {
        Assert.Equal(0, ImportHiresCommand.Run(
            [Log()], At("store"), Table(), null, false, TextWriter.Null, TextWriter.Null));
        Run(new MeasuresOptions { Sources = [At("store")], Output = At("stored") });
        Run(new MeasuresOptions { Sources = [Log()], Detectors = Table(), Output = At("plain") });

        string[] files = Directory.GetFiles(At("plain"));
        Assert.Equal(13, files.Length);
        Assert.All(files, path => Assert.Equal(
            File.ReadAllText(path), File.ReadAllText(Path.Combine(At("stored"), Path.GetFileName(path)))));
    }

    [Theory]
    [InlineData("--measure", "speeding", "there is no such measure")]
    [InlineData("--measure", "yellow_red", "needs a detector table")]
    [InlineData("--bin", "15", "a width from 1s to 1d")]
    [InlineData("--bin", "7m", "must divide the bin")]
    [InlineData("--set", "ped=3", "MEASURE.PARAMETER=VALUE")]
    [InlineData("--set", "ped.gap=3", "it has seconds_between_actuations")]
    [InlineData("--set", "split_failures.red_time=-1", "is from 0.1 to 600")]
    [InlineData("--set", "ped.seconds_between_actuations=x", "'x' is not a number")]
    [InlineData("--format", "xml", "csv, json or arrow")]
    [InlineData("--from", "noon", "give a time")]
    public void WhatMakesNoSenseIsSaidAndEndsWithTwo(string option, string value, string said)
    {
        var options = new MeasuresOptions { Sources = [Log()], Output = At("out") };
        (int code, _, string progress) = Run(option switch
        {
            "--measure" => options with { Measures = [value] },
            "--bin" => options with { Bin = value },
            "--set" => options with { Set = [value] },
            "--format" => options with { Format = value },
            _ => options with { From = value },
        });
        Assert.Equal(2, code);
        Assert.Contains(said, progress);
    }

    [Fact]
    public void MissingInputEndsWith66AndNoLogWith65()
    {
        (int code, _, string progress) = Run(new MeasuresOptions { Sources = [At("none.csv")], Output = At("out") });
        Assert.Equal(66, code);
        Assert.Contains("none.csv", progress);

        File.WriteAllText(At("text.csv"), "a,b\n1,2\n");
        Assert.Equal(65, Run(new MeasuresOptions { Sources = [At("text.csv")], Output = At("out") }).Code);
    }

    private (int Code, string Output, string Progress) Run(MeasuresOptions options)
    {
        var output = new StringWriter();
        var progress = new StringWriter();
        return (MeasuresCommand.Run(options, output, progress), output.ToString(), progress.ToString());
    }

    private string At(string name) => Path.Combine(_directory, name);

    private string Table()
    {
        File.WriteAllText(At("detectors.csv"), "DeviceId,Phase,Parameter,Function\n9,2,4,Advance\n10,2,4,Advance\n");
        return At("detectors.csv");
    }

    private string Log()
    {
        File.WriteAllLines(At("log.csv"),
        [
            "TimeStamp,DeviceId,EventId,Parameter",
            "2024-04-15 12:00:10.000,10,1,2",
            "2024-04-15 12:00:05.000,9,82,4",
            "2024-04-15 12:00:10.000,9,1,2",
            "2024-04-15 12:00:10.000,9,1,2",
            "2024-04-15 12:00:11.000,9,82,4",
            "2024-04-15 12:00:11.000,10,82,4",
            "2024-04-15 12:16:00.000,9,82,4",
            "2024-04-15 12:16:00.000,9,81,4",
            "2024-04-15 12:16:00.000,9,81",
        ]);
        return At("log.csv");
    }
}
