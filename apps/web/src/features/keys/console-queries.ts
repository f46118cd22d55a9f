import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.ts'
import { paged } from '../../api/queries.ts'

const most = 100

/** Lists of the console that more than one of its screens reads. */
export const consoleQueries = {
  teams: (workspaceId: string) =>
    paged([workspaceId, 'teams'], (query, signal) =>
      call('listTeams', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
  archivedTeams: (workspaceId: string) =>
    paged([workspaceId, 'teams', 'archived'], (query, signal) =>
      call(
        'listTeams',
        { params: { workspaceId }, query: { ...query, limit: most, archived: 'true' } },
        { signal },
      ),
    ),
  teamMembers: (workspaceId: string, teamId: string) =>
    paged([workspaceId, 'teams', teamId, 'members'], (query, signal) =>
      call(
        'listTeamMembers',
        { params: { workspaceId, teamId }, query: { ...query, limit: most } },
        { signal },
      ),
    ),
  budgets: (workspaceId: string) =>
    paged([workspaceId, 'budgets'], (query, signal) =>
      call('listBudgets', { params: { workspaceId }, query: { ...query, limit: most } }, { signal }),
    ),
  budgetPeriods: (workspaceId: string, budgetId: string) =>
    paged([workspaceId, 'budgets', budgetId, 'periods'], (query, signal) =>
      call('listBudgetPeriods', { params: { workspaceId, budgetId }, query }, { signal }),
    ),
  holds: (workspaceId: string) =>
    paged([workspaceId, 'budgets', 'holds'], (query, signal) =>
      call('listHolds', { params: { workspaceId }, query }, { signal }),
    ),
  credits: (workspaceId: string) =>
    queryOptions({
      queryKey: [workspaceId, 'budgets', 'credits'],
      queryFn: ({ signal }) => call('getCredits', { params: { workspaceId } }, { signal }),
    }),
  creditGrants: (workspaceId: string) =>
    paged([workspaceId, 'budgets', 'grants'], (query, signal) =>
      call('listCreditGrants', { params: { workspaceId }, query }, { signal }),
    ),
  money: (workspaceId: string) =>
    queryOptions({
      queryKey: [workspaceId, 'money-settings'],
      queryFn: ({ signal }) => call('readMoneySettings', { params: { workspaceId } }, { signal }),
    }),
}
