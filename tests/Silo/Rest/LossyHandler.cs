namespace OrleansStream.SiloTests.Rest;

/// <summary>Delivers each request twice: the first answer is lost.</summary>
internal sealed class LossyHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private bool _lose;

    public int Lost { get; private set; }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        HttpResponseMessage response = await base.SendAsync(request, cancellationToken);
        _lose = !_lose;
        if (!_lose)
        {
            return response;
        }

        response.Dispose();
        Lost++;
        throw new HttpRequestException("The answer got lost.");
    }
}
