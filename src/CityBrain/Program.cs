using System.CommandLine;
using System.Runtime.InteropServices;
using CityBrain.Cli;
using CityBrain.Commands;

using var interrupted = new CancellationTokenSource();
using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await CommandLine.RunAsync(CommandTree.Build(), args, interrupted.Token);

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    interrupted.Cancel();
}
