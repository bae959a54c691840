namespace OrleansStream.Grains;

/// <summary>
/// A key of a keyed operator; the grain's key is a <see cref="KeyAddress"/>. A front: it looks for the subtask that owns the key, and passes on. Activation starts nothing, deactivation stops nothing, and the truth is
/// the subtask's state. <see cref="KeyGrainFactoryExtensions.Key{TKey}"/> wraps it.
/// </summary>
public interface IKeyedOperatorGrain : IGrainWithStringKey
{
    /// <summary>Sends a request to the subtask that owns the key, and again while the job starts or restarts, for as long as <see cref="OrleansStreamSiloOptions.KeyPatience"/>.</summary>
    /// <param name="request">The request, to the key of this grain. One with an id that is under way already is not sent a second time.</param>
    /// <param name="wait">How long this call waits, at most a minute; what was asked for goes on.</param>
    /// <param name="attempt">The attempt that the caller means; null for whichever runs.</param>
    /// <returns>What became of the request; null if that is not known yet: ask again with the same id.</returns>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    /// <exception cref="SubtaskRefusedException">Another attempt runs than the caller means; the refusal names the owner.</exception>
    [ResponseTimeout("00:02:00")]
    Task<KeyReply?> SendAsync(KeyRequest request, TimeSpan wait, int? attempt = null);
}
