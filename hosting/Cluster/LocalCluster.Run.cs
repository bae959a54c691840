using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace OrleansStream.Hosting;

/// <content>A program in one line.</content>
public sealed partial class LocalCluster
{
    /// <summary>
    /// Runs a job as the whole of a program: <c>return await LocalCluster.RunAsync&lt;DelayJob&gt;(args);</c>. Options come from the arguments, the environment and appsettings.json, log lines go to the
    /// standard error stream. Ctrl-C stops the job with a final checkpoint, which stays, a second Ctrl-C cancels it.
    /// </summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <param name="args">The arguments of the program; <c>--help</c> lists what can be given.</param>
    /// <param name="cancel">Stops the job like Ctrl-C.</param>
    /// <returns>The exit code: 0 done, 1 the job failed (the reason is on the standard error stream), 2 wrong use.</returns>
    public static Task<int> RunAsync<TJob>(string[] args, CancellationToken cancel = default) where TJob : IStreamJob, new() => RunAsync<TJob>(args, null, cancel);

    /// <inheritdoc cref="RunAsync{TJob}(string[], CancellationToken)"/>
    /// <param name="args">The arguments of the program.</param>
    /// <param name="defaults">What holds for options that nobody gives.</param>
    /// <param name="cancel">Stops the job like Ctrl-C.</param>
    public static async Task<int> RunAsync<TJob>(string[] args, JobOptions? defaults, CancellationToken cancel = default) where TJob : IStreamJob, new()
    {
        string name = typeof(TJob).Name;
        try
        {
            IConfiguration configuration = ProcessConfiguration.Load();
            ReadJobOptions read = new JobOptionsReader(defaults).Read(args, Environment.GetEnvironmentVariables(), configuration, name);
            if (read.WantsHelp)
            {
                Console.Out.WriteLine($"Runs the job {name}.\n");
                JobOptionHelp.Write(Console.Out);
                return 0;
            }

            using ILoggerFactory loggers = ConsoleLog.Create(configuration);
            LocalRun run = new() { Name = name, Create = () => new TJob(), Options = read.Options, Loggers = loggers };
            LocalRunResult result = await run.RunAsync(cancel).ConfigureAwait(false);
            result.WriteEnd(Console.Error, read.Options.Name ?? name);
            return result.ExitCode;
        }
        catch (OptionsException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }
}
