/**
 * A certified OpenID provider for tests: whoever comes is signed in as the account named last.
 *
 *   node provider.mjs REDIRECT_URI       prints its address once it listens
 *   POST /be/<account>?amr=mfa           who comes next, and how they proved it
 *
 * Accounts: known, stranger, unverified; what follows a ~ is no part of the e-mail.
 */

import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const redirectUri = process.argv[2]
const client = (id) => ({
  client_id: id,
  client_secret: `secret of ${id}`,
  redirect_uris: [redirectUri],
  grant_types: ['authorization_code'],
  response_types: ['code'],
})

let next = { account: 'known', amr: [] }
const server = createServer()
server.listen(0, '127.0.0.1', () => {
  const address = `http://127.0.0.1:${server.address().port}`
  const provider = new Provider(address, {
    clients: [client('assetmap'), client('other')],
    claims: { openid: ['sub', 'amr'], email: ['email', 'email_verified'], profile: ['name'] },
    cookies: { keys: ['for tests only'] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    async findAccount(_ctx, id) {
      return {
        accountId: id,
        claims: async () => ({
          sub: id,
          email: `${id.split('~')[0]}@council.example`,
          email_verified: !id.startsWith('unverified'),
          name: `Work ${id}`,
        }),
      }
    },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({
        clientId: ctx.oidc.client.clientId,
        accountId: ctx.oidc.session.accountId,
      })
      grant.addOIDCScope('openid email profile')
      await grant.save()
      return grant
    },
  })
  const answer = provider.callback()
  server.on('request', async (request, response) => {
    const url = new URL(request.url, address)
    if (url.pathname.startsWith('/be/')) {
      next = { account: url.pathname.slice(4), amr: url.searchParams.getAll('amr') }
      response.end()
    } else if (url.pathname.startsWith('/interaction/')) {
      const login = { accountId: next.account, amr: next.amr.length ? next.amr : undefined }
      await provider.interactionFinished(request, response, { login })
    } else {
      answer(request, response)
    }
  })
  console.log(address)
})
